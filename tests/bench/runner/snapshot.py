"""A snapshot of very many parked goroutines while others run."""

from __future__ import annotations

from statistics import median

from runner.contest import Progress
from runner.programs import Programs

COUNT, QUICK_COUNT = 1_000_000, 1000
TOTAL_BAR_NS = 1_000_000_000
HOLD_BAR_NS = 1_000_000


def summary(lines: list[dict]) -> dict:
    """What the rounds come to: the median time, and the worst of the rest."""
    return {
        "count": lines[0]["count"],
        "rounds": len(lines),
        "total_ns": median(line["ns_per_op"] for line in lines),
        "total_ns_max": max(line["ns_per_op"] for line in lines),
        "longest_hold_ns": max(line["longest_hold_ns"] for line in lines),
        "unseen": max(line["live"] - line["captured"] for line in lines),
    }


def measure(programs: Programs, rounds: int, quick: bool, progress: Progress) -> dict:
    """Takes a snapshot in each round."""
    progress("snapshot under load")
    return summary(programs.ours("bench_profiles").run(
        "snapshot", QUICK_COUNT if quick else COUNT, rounds=rounds))


def over_bar(snapshot: dict) -> list[str]:
    """One sentence for each bar that is missed."""
    wrong = []
    if snapshot["total_ns_max"] > TOTAL_BAR_NS:
        wrong.append(f"snapshot: took {snapshot['total_ns_max'] / 1e6:.0f} ms, and may take "
                     f"{TOTAL_BAR_NS / 1e6:.0f}")
    if snapshot["longest_hold_ns"] > HOLD_BAR_NS:
        wrong.append(f"snapshot: held a goroutine for {snapshot['longest_hold_ns'] / 1e3:.0f} µs, "
                     f"and may hold it for {HOLD_BAR_NS / 1e3:.0f}")
    return wrong
