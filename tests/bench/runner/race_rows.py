"""What runs with and without the race detector, ours and Go's, and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from runner.amounts import amount, ratio
from runner.programs import BenchError, Program

# What is called what: a release build, and the same program with the race detector.
PLAIN, RACE = "release", "race"
LANGUAGES = ("ours", "go")

# Name, count and operations. Fewer than in the table of tools/bench, as all of it is slower.
RACE_WORKS: list[tuple[str, int, int]] = [
    ("spawn_join", 10_000, 10_000), ("spawn_chain", 10_000, 10_000), ("yield", 100, 200_000),
    ("pingpong", 100_000, 100_000), ("buf_1p1c", 200_000, 200_000), ("buf_4p4c", 200_000, 200_000),
    ("select2", 100_000, 100_000), ("select_default", 500_000, 500_000),
    ("mutex", 500_000, 500_000), ("mutex_8", 80_000, 80_000), ("sleep", 10_000, 10_000),
    ("ring", 100, 2_000), ("park", 10_000, 10_000),
]
CROWDS = (1_000, 10_000, 100_000)
QUICK_COUNT = 10


@dataclass
class Slowdown:
    """The samples of one work, by language and build."""

    work: str
    count: int
    ops: int
    samples: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def figure(self, language: str, build: str) -> float:
        """The median."""
        return median(self.samples[language, build])

    def times(self, language: str) -> float:
        """How much slower the race detector makes it."""
        return self.figure(language, RACE) / self.figure(language, PLAIN)


@dataclass
class Crowd:
    """Live goroutines under the race detector: bytes each, time each; None and why if it failed."""

    count: int
    bytes_each: dict[str, float] = field(default_factory=dict)
    ns_each: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


Contenders = dict[tuple[str, str], Program]


def measure_slowdowns(contenders: Contenders, rounds: int, quick: bool) -> list[Slowdown]:
    """Round by round, all contenders directly one after the other."""
    rows = [Slowdown(work, *((QUICK_COUNT, QUICK_COUNT) if quick else sizes))
            for work, *sizes in RACE_WORKS]
    for _ in range(rounds):
        for row in rows:
            for key, program in contenders.items():
                sample = program.sample(row.work, row.count, row.ops)
                row.samples.setdefault(key, []).append(sample)
    return rows


def measure_crowds(contenders: Contenders, quick: bool) -> list[Crowd]:
    """Each crowd in a process of its own."""
    rows = []
    for count in CROWDS[:1] if quick else CROWDS:
        row = Crowd(count)
        for language in LANGUAGES:
            try:
                line = contenders[language, RACE].run("bytes_parked", count, count)[0]
            except BenchError as error:
                row.failed[language] = str(error)
                continue
            row.bytes_each[language] = line["bytes_per_op"]
            row.ns_each[language] = line["ns_to_park"]
        rows.append(row)
    return rows


def slowdown_table(rows: list[Slowdown]) -> tuple[list[str], list[list[str]]]:
    """Ours beside Go's."""
    head = ["work", "count", "ours", "under TSan", "times", "Go", "under -race", "times",
            "ours/Go's"]
    return head, [[row.work, f"{row.count:,}",
                   *(cell for language in LANGUAGES for cell in (
                       amount(row.figure(language, PLAIN)), amount(row.figure(language, RACE)),
                       ratio(row.times(language)))),
                   ratio(row.times("ours") / row.times("go"))] for row in rows]


def crowd_table(rows: list[Crowd]) -> tuple[list[str], list[list[str]]]:
    """Ours beside Go's."""
    head = ["live goroutines", "ours: each", "all parked after", "Go: each", "all parked after"]

    def cells(row: Crowd, language: str) -> list[str]:
        if language in row.failed:
            return [row.failed[language], "-"]
        return [amount(row.bytes_each[language], "bytes"),
                amount(row.ns_each[language] * row.count)]

    return head, [[f"{row.count:,}", *cells(row, "ours"), *cells(row, "go")] for row in rows]
