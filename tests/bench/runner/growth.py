"""How cost grows with the number of goroutines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from runner.contest import Progress, rotated
from runner.programs import Programs, per_op

COUNTS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
QUICK_COUNTS = (1, 10, 100)
ROUNDS_EACH = 3


@dataclass(frozen=True)
class Curve:
    """A work that is run at every count."""

    work: str
    title: str
    ops: int  # at least so many operations in a round, so that small counts can be timed
    most_batches: int = 1_000_000  # but no more batches than this
    program: str = "bench_muster"

    def ops_at(self, count: int) -> int:
        """The operations to ask for at a count."""
        return max(count, min(self.ops, count * self.most_batches))


CURVES = [
    Curve("spawn_join", "spawn + join, ns per goroutine", 200_000),
    Curve("yield", "yield, ns each", 500_000),
    Curve("ring", "ring, ns per revolution", 500_000),
    Curve("park", "park and go, ns per goroutine", 200_000),
    Curve("sleep", "sleep 1 ms, ns per goroutine", 200_000, most_batches=20),
    Curve("profile", "grouped profile, ns", 100_000, 100, "bench_profiles"),
    Curve("text2", "full text dump, ns", 100_000, 100, "bench_profiles"),
    Curve("bytes_parked", "memory, bytes per parked goroutine", 1),
]


def _rounds(curve: Curve, count: int) -> int:
    # A second round of bytes_parked would find the memory of the first.
    return 1 if curve.work == "bytes_parked" or count >= COUNTS[-1] else ROUNDS_EACH


def _grown(programs: Programs, curve: Curve, counts: Sequence[int], progress: Progress) -> dict:
    """One work at every count: both figures and, where they say it, whom the largest dumps show."""
    grown: dict = {"work": curve.work, "title": curve.title, "counts": list(counts), "ours": [],
                   "go": [], "shown": {}}
    for number, count in enumerate(counts):
        progress(f"growth: {curve.work}, {count:,}")
        contenders = {"ours": programs.ours(curve.program), "go": programs.go()}
        for name in rotated(list(contenders), number):
            lines = contenders[name].run(curve.work, count, curve.ops_at(count),
                                         _rounds(curve, count))
            grown[name].append(median(per_op(line) for line in lines))
            if "goroutines" in lines[-1]:
                grown["shown"][name] = lines[-1]["goroutines"]
    return grown


def measure(programs: Programs, quick: bool, progress: Progress) -> list[dict]:
    """One entry per work: its counts, and ours and Go's figures at each."""
    counts = QUICK_COUNTS if quick else COUNTS
    return [_grown(programs, curve, counts, progress) for curve in CURVES]
