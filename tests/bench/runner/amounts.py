"""Figures as people read them, and tables made of them."""

from __future__ import annotations

from collections.abc import Sequence

NONE = "-"


def amount(value: float | None, unit: str = "ns") -> str:
    """A figure with its unit, to three digits: 57.0 ns, 1.91 µs, 4,609 B."""
    if value is None:
        return NONE
    if unit == "bytes":
        return f"{value:,.0f} B"
    for scale, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if value >= 0.9995 * scale:
            return f"{three_digits(value / scale)} {name}"
    return f"{three_digits(value)} ns"


def three_digits(value: float) -> str:
    """Three digits, or as many as stand before the point."""
    for digits, limit in ((2, 9.995), (1, 99.95)):
        if abs(value) < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def span(limits: tuple[float, float] | None) -> str:
    """The least and the greatest."""
    return NONE if limits is None else f"{limits[0]:.2f}-{limits[1]:.2f}"


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns for a terminal: the first to the left, figures to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        first = row[0].ljust(widths[0])
        return "  ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])

    return "\n".join(line(row).rstrip() for row in [head, *rows])


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same in Markdown."""
    under = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, under, *rows])
