"""What the record costs: the same work with MUSTER_RECORD off, site and full."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from runner.contest import Progress, rotated
from runner.programs import Programs, per_op

LEVELS = ("off", "site", "full")
# In one process after the warm-up: the differences are small, so more samples are wanted.
ROUNDS_EACH = 3


@dataclass(frozen=True)
class RecordRow:
    """A work, and the most that `full` may cost more than `off`: in percent or in ns."""

    work: str
    count: int
    bar: float
    bar_unit: str
    quick_count: int = 1000


RECORD_ROWS = [
    RecordRow("pingpong", 1_000_000, 5, "%"),
    RecordRow("buf_1p1c", 5_000_000, 5, "%"),
    RecordRow("buf_4p4c", 4_000_000, 5, "%"),
    RecordRow("spawn_join", 1_000_000, 60, "ns"),
    RecordRow("spawn_chain", 1_000_000, 60, "ns"),
]


def compare(row: RecordRow, samples: dict[str, list[float]]) -> dict:
    """One row as --record-json gives it."""
    off, site, full = (median(samples[level]) for level in LEVELS)
    over_ns = full - off
    over_percent = 100 * over_ns / off
    return {
        "work": row.work,
        "off": off,
        "site": site,
        "full": full,
        "overhead_ns": over_ns,
        "overhead_percent": over_percent,
        "overhead": over_percent if row.bar_unit == "%" else over_ns,
        "bar": row.bar,
        "bar_unit": row.bar_unit,
    }


def measure(programs: Programs, rounds: int, quick: bool, progress: Progress) -> list[dict]:
    """Runs the levels next to each other, `rounds` times."""
    samples: dict[str, dict[str, list[float]]] = {
        row.work: {level: [] for level in LEVELS} for row in RECORD_ROWS}
    for number in range(rounds):
        for row in RECORD_ROWS:
            progress(f"record, round {number + 1} of {rounds}: {row.work}")
            for level in rotated(LEVELS, number):
                lines = programs.ours(record=level).run(
                    row.work, row.quick_count if quick else row.count, rounds=ROUNDS_EACH,
                    ops=10 * row.quick_count if quick else None)
                samples[row.work][level] += [per_op(line) for line in lines]
    return [compare(row, samples[row.work]) for row in RECORD_ROWS]


def over_bar(rows: list[dict]) -> list[str]:
    """One sentence for each row whose record costs too much."""
    return [f"record, {row['work']}: full costs {row['overhead']:.1f} {row['bar_unit']} more than "
            f"off, and may cost {row['bar']:g}"
            for row in rows if row["overhead"] > row["bar"]]
