"""Instructions per operation: figures that a busy machine does not change."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runner.contest import Progress
from runner.programs import BenchError, Programs, run_command

TOLERANCE = 1.10


@dataclass(frozen=True)
class Probe:
    """A work at two sizes. What lies between them is the operations alone, without start and end."""

    work: str
    count: int | None  # None: as many as there are operations
    small: int
    large: int


PROBES = [
    Probe("spawn_join", 1000, 10_000, 40_000),
    Probe("spawn_chain", None, 10_000, 40_000),
    Probe("yield", 100, 10_000, 50_000),
    Probe("pingpong", None, 5_000, 25_000),
    Probe("buf_1p1c", None, 20_000, 100_000),
    Probe("buf_4p4c", None, 20_000, 100_000),
    Probe("select2", None, 5_000, 25_000),
    Probe("select_default", None, 20_000, 100_000),
    Probe("mutex", None, 20_000, 100_000),
    Probe("mutex_8", None, 20_000, 100_000),
    Probe("ring", 100, 10_000, 50_000),
    Probe("park", 1000, 10_000, 40_000),
]


def parse_total(text: str) -> int:
    """The instructions in a file that callgrind has written."""
    for line in text.splitlines():
        if line.startswith(("summary:", "totals:")):
            return int(line.split()[1])
    raise BenchError("callgrind's file has no line of totals")


def _count(programs: Programs, probe: Probe, ops: int) -> int:
    # One P: with more, an idle one would spin for as long as valgrind takes.
    program = programs.ours(MUSTER_PROCS="1")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", str(program.path),
                   probe.work, "--rounds", "1", "--ops", str(ops),
                   "--count", str(probe.count or ops)]
        run_command(command, f"callgrind on {probe.work}", program.environment)
        return parse_total(out.read_text())


def per_operation(probe: Probe, small: int, large: int) -> float:
    """Instructions of one operation, from the totals of both sizes: each ran twice, to warm up."""
    return (large - small) / (2 * (probe.large - probe.small))


def measure(programs: Programs, progress: Progress) -> dict[str, float]:
    """Instructions per operation, by work."""
    if shutil.which("valgrind") is None:
        raise BenchError("valgrind is not installed (Debian: apt-get install valgrind)")
    counted = {}
    for probe in PROBES:
        progress(f"instructions: {probe.work}")
        small, large = (_count(programs, probe, ops) for ops in (probe.small, probe.large))
        counted[probe.work] = round(per_operation(probe, small, large), 1)
    return counted


def over_baseline(counted: dict[str, float], compiler: str, baseline: dict) -> list[str]:
    """One sentence for each work that has grown; none when another compiler made the baseline."""
    if baseline.get("compiler") != compiler:
        return []
    before = baseline["instructions"]
    return [f"instructions, {work}: {now:.0f}, and were {before[work]:.0f}"
            for work, now in counted.items()
            if work in before and now > TOLERANCE * before[work]]


def read_baseline(path: Path) -> dict:
    """What was counted when the file was written; empty without one."""
    return json.loads(path.read_text()) if path.exists() else {}


def write_baseline(path: Path, counted: dict[str, float], compiler: str) -> None:
    path.write_text(json.dumps({"compiler": compiler, "instructions": counted}, indent=2) + "\n")
