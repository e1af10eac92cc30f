"""The contest: every row, all contenders next to each other, round after round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from runner.programs import Programs
from runner.rows import BOOST_ONE, BOOST_TWO, GO, OURS, Measured, Row

T = TypeVar("T")
Progress = Callable[[str], None]


def rotated(items: Sequence[T], by: int) -> list[T]:
    """The items, begun with another one: so that none is always first."""
    start = by % len(items)
    return [*items[start:], *items[:start]]


def contenders(row: Row, programs: Programs, quick: bool) -> dict[str, Callable[[], float]]:
    """Who runs the row: each takes one sample when called."""
    count = row.quick_count if quick else row.count
    ops = 10 * count if quick else None
    runs = {
        OURS: lambda: programs.ours(row.program).sample(row.work, count, ops),
        GO: lambda: programs.go().sample(row.work, count, ops),
    }
    if row.boost_count is not None:
        boost_count = min(count, row.boost_count)
        for name, threads in ((BOOST_ONE, 1), (BOOST_TWO, 2)):
            runs[name] = lambda n=threads: programs.boost(n).sample(row.work, boost_count, ops)
    return runs


def hold(rows: list[Row], programs: Programs, rounds: int, quick: bool,
         progress: Progress, line_trips: list[float]) -> list[Measured]:
    """Runs everything `rounds` times; adds how long a cache line's trip took before each."""
    measured = [Measured(row, {}) for row in rows]
    for number in range(rounds):
        line_trips.append(programs.ours().sample("line_trip"))
        for entry in measured:
            progress(f"round {number + 1} of {rounds}: {entry.row.id}")
            runs = contenders(entry.row, programs, quick)
            for name in rotated(list(runs), number):
                entry.samples.setdefault(name, []).append(runs[name]())
    return measured
