"""What came out, as heads and rows of cells: for the terminal and for the document."""

from __future__ import annotations

from runner.amounts import amount, ratio, span
from runner.rows import BOOST_ONE, BOOST_TWO, GO, OURS, Measured

Table = tuple[list[str], list[list[str]]]


def contest(measured: list[Measured]) -> Table:
    """The table of ratios."""
    head = ["work", "ours", "Go", "Boost", "ours/Go", "spread", "bar", "ours/Boost", "spread"]
    return head, [_contest_row(entry) for entry in measured]


def _contest_row(entry: Measured) -> list[str]:
    row, shown = entry.row, entry.to_json()
    threads = {BOOST_ONE: " (1)", BOOST_TWO: " (2)", None: ""}[entry.boost]
    return [
        row.id,
        amount(entry.figure(OURS), row.unit),
        amount(entry.figure(GO), row.unit),
        amount(shown["boost"], row.unit) + threads,
        ratio(shown["ratio_go"]),
        span(entry.spread(GO)),
        amount(row.bar, row.unit) if row.absolute else f"{row.bar:g}",
        ratio(shown["ratio_boost"]),
        span(entry.spread(entry.boost)) if entry.boost else span(None),
    ]


def record_levels(rows: list[dict]) -> Table:
    """What the record costs."""
    head = ["work", "off", "site", "full", "full - off", "in %", "bar"]
    return head, [
        [row["work"], amount(row["off"]), amount(row["site"]), amount(row["full"]),
         f"{row['overhead_ns']:+.1f} ns", f"{row['overhead_percent']:+.1f} %",
         f"{row['bar']:g} {row['bar_unit']}"]
        for row in rows]


def snapshot(taken: dict) -> Table:
    """The snapshot under load."""
    head = ["goroutines", "snapshots", "took (median)", "took (longest)", "longest hold",
            "not seen"]
    return head, [[f"{taken['count']:,}", str(taken["rounds"]), amount(taken["total_ns"]),
                   amount(taken["total_ns_max"]), _hold(taken["longest_hold_ns"]),
                   f"{taken['unseen']:,}"]]


def _hold(ns: float) -> str:
    return amount(ns) if ns > 0 else "nobody held"


def growth(curve: dict) -> Table:
    """One work at every count."""
    unit = "bytes" if curve["work"] == "bytes_parked" else "ns"
    head = [curve["title"], *(f"{count:,}" for count in curve["counts"])]
    return head, [[name, *(amount(value, unit) for value in curve[key])]
                  for name, key in (("ours", "ours"), ("Go", "go"))]


def instructions(counted: dict[str, float], baseline: dict) -> Table:
    """Instructions per operation, beside those of the checked-in file."""
    before = baseline.get("instructions", {})
    head = ["work", "instructions", "baseline"]
    return head, [[work, f"{now:,.0f}", f"{before[work]:,.0f}" if work in before else "-"]
                  for work, now in counted.items()]
