"""The rows of the table: what is run, how large, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

# What is called ours, go and boost in the table; Boost has run on one thread and on two.
OURS, GO, BOOST_ONE, BOOST_TWO = "ours", "go", "boost on 1 thread", "boost on 2 threads"


@dataclass(frozen=True)
class Row:
    """One work at one size, and its bar."""

    id: str
    title: str
    work: str
    count: int
    bar: float  # the most that ours may be: of Go's figure, or absolute for bytes
    quick_count: int
    program: str = "bench_muster"
    boost_count: int | None = None  # None: Boost has no such thing
    unit: str = "ns"
    contended: bool = False  # what counts is how threads get in each other's way

    @property
    def absolute(self) -> bool:
        """Whether the bar is on our figure itself."""
        return self.unit == "bytes"


def _everywhere(id: str, title: str, work: str, count: int, bar: float, quick: int,
                contended: bool = False) -> Row:
    return Row(id, title, work, count, bar, quick, boost_count=count, contended=contended)


MILLION = 1_000_000
ROWS: list[Row] = [
    _everywhere("spawn_join", "spawn + join, 1M goroutines", "spawn_join", MILLION, 0.5, 1000),
    _everywhere("spawn_chain", "each starts the next and ends", "spawn_chain", MILLION, 0.7, 1000),
    _everywhere("yield", "100 goroutines yield", "yield", 100, 0.5, 10),
    _everywhere("pingpong", "unbuffered round trip", "pingpong", MILLION, 0.5, 1000),
    _everywhere("buf_1p1c", "buffered (128), 1 to 1", "buf_1p1c", 5 * MILLION, 0.7, 1000),
    _everywhere("buf_4p4c", "buffered (128), 4 to 4", "buf_4p4c", 4 * MILLION, 0.7, 1000,
                contended=True),
    Row("select2", "receive from either of two", "select2", MILLION, 0.7, 1000),
    Row("select_default", "poll ctx.Done()", "select_default", 20 * MILLION, 1.0, 1000),
    _everywhere("mutex", "lock + unlock", "mutex", 20 * MILLION, 0.7, 1000),
    _everywhere("mutex_8", "lock wanted by 8", "mutex_8", 8 * MILLION, 1.0, 1000, contended=True),
    Row("blocking", "getppid in a blocking region", "blocking", 5 * MILLION, 1.0, 1000),
    _everywhere("sleep_100k", "100k sleep 1 ms, per goroutine", "sleep", 100_000, 0.5, 100),
    _everywhere("ring_1000", "a token goes round 1000", "ring", 1000, 0.5, 10),
    _everywhere("park_100k", "100k park and go, per goroutine", "park", 100_000, 0.7, 1000),
    Row("profile_100k", "grouped profile of 100k", "profile", 100_000, 0.2, 100, "bench_profiles"),
    Row("profile_1m", "grouped profile of 1M", "profile", MILLION, 0.2, 1000, "bench_profiles"),
    Row("text2_100k", "full text dump of 100k", "text2", 100_000, 0.15, 100, "bench_profiles"),
    # Boost's million would need 13 GB; a hundred thousand tell what one takes.
    Row("bytes_parked_1m", "memory per parked goroutine, 1M", "bytes_parked", MILLION, 5120, 1000,
        boost_count=100_000, unit="bytes"),
]


def by_id(names: list[str]) -> list[Row]:
    """The rows with these ids; ValueError names one that does not exist."""
    known = {row.id: row for row in ROWS}
    for name in names:
        if name not in known:
            raise ValueError(f"no such work: {name}; there are {', '.join(known)}")
    return [known[name] for name in names]


@dataclass
class Measured:
    """A row and its samples, one per round, by contender."""

    row: Row
    samples: dict[str, list[float]]

    def figure(self, contender: str) -> float | None:
        """The median of a contender's samples; None when it did not run."""
        samples = self.samples.get(contender)
        return median(samples) if samples else None

    @property
    def boost(self) -> str | None:
        """The faster of Boost's two ways, which is the harder peer; but where threads are to get in
        each other's way, the way that has them."""
        ways = (BOOST_TWO,) if self.row.contended else (BOOST_ONE, BOOST_TWO)
        ran = [c for c in ways if self.samples.get(c)]
        return min(ran, key=lambda c: median(self.samples[c])) if ran else None

    def spread(self, contender: str) -> tuple[float, float] | None:
        """The least and the greatest ratio of ours to a contender's within one round."""
        ours, theirs = self.samples.get(OURS, []), self.samples.get(contender, [])
        ratios = [a / b for a, b in zip(ours, theirs)]
        return (min(ratios), max(ratios)) if ratios else None

    def to_json(self) -> dict[str, str | float | None]:
        """The row as --json gives it."""
        ours, go = self.figure(OURS), self.figure(GO)
        boost = self.figure(self.boost) if self.boost else None
        return {
            "work": self.row.id,
            "ours": ours,
            "go": go,
            "boost": boost,
            "ratio_go": _ratio(ours, go),
            "ratio_boost": _ratio(ours, boost),
            "bar": self.row.bar,
        }


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours is not None and theirs is not None else None


def over_bar(rows: list[dict]) -> list[str]:
    """What is wrong with rows as --json gives them: one sentence for each bar that is missed."""
    absolute = {row.id for row in ROWS if row.absolute}
    wrong = []
    for row in rows:
        key = "ours" if row["work"] in absolute else "ratio_go"
        if row[key] is None:
            wrong.append(f"{row['work']}: nothing to compare with")
        elif row[key] > row["bar"]:
            wrong.append(f"{row['work']}: {key} is {row[key]:.3g}, and may be {row['bar']:g}")
        if row["ratio_boost"] is not None and row["ratio_boost"] > 1:
            wrong.append(f"{row['work']}: ratio_boost is {row['ratio_boost']:.3g}, and may be 1")
    return wrong
