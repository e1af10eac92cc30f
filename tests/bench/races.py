"""Measures what the race detectors cost, ours and Go's. tools/bench --races builds and calls it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from runner import machine
from runner.amounts import markdown_table, text_table
from runner.document import prose
from runner.programs import BenchError, Program
from runner.race_rows import (PLAIN, RACE, Contenders, crowd_table, measure_crowds,
                              measure_slowdowns, slowdown_table)

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "performance-tsan.md"

HEAD = """
    # What the race detector costs

    This page is written whole by `tools/bench --races --doc`; the words are in
    `tests/bench/races.py`. Ours is a build of the preset `tsan` (clang 19) beside one of `release`;
    Go's is the same program, line for line, with and without `-race`. All run on the same two CPUs,
    directly one after the other; a figure is the median of {rounds} rounds.
"""

SLOWDOWN = """
    ## How much slower

    *times* is how much slower the detector makes the program; *ours/Go's* is the ratio of the two.
    Below 1, ours slows down less. It starts from a release build that is faster than Go's, which
    counts against ours here.
"""

CROWD = """
    ## A hundred thousand live goroutines

    Each has run and waits on a channel; memory is the growth of Rss and page tables, the
    detector's own included. Ours is a stack page or two, their shadow, and TSan's context: a stack
    of calls and a trace of accesses, of which some pages are touched. They need no more memory
    mappings than Linux allows by default; see *Limits* in [the guide](guide/tsan.md).
"""


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line; argparse exits with 2 if it makes no sense."""
    parser = argparse.ArgumentParser(prog="tools/bench --races", description=__doc__)
    add = parser.add_argument
    add("--rounds", metavar="N", type=int, default=3, help="rounds (default 3)")
    add("--doc", action="store_true", help="write docs/performance-tsan.md")
    add("--quick", action="store_true", help="tiny sizes, to see that all works")
    add("--release", metavar="DIR", type=Path, default=ROOT / "build" / "release",
        help="the build without a sanitizer (default: build/release)")
    add("--tsan", metavar="DIR", type=Path, default=ROOT / "build" / "tsan",
        help="the build with TSan (default: build/tsan)")
    parsed = parser.parse_args(argv)
    if parsed.rounds < 1:
        parser.error("--rounds wants a number above 0")
    if parsed.quick and parsed.doc:
        parser.error("a quick run has no figures to write down")
    return parsed


def build_go_race(target: Path) -> None:
    """Builds the Go program with its race detector."""
    done = subprocess.run(
        ["go", "build", "-race", "-o", str(target.resolve()), "."], cwd=ROOT / "tests" / "bench" / "go",
        env=os.environ | {"GOFLAGS": "-mod=mod", "GOPROXY": "off"}, text=True,
        capture_output=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"go build -race: {done.stderr.strip()}")


def main(argv: list[str]) -> int:
    """Exits 0; 2 if something could not be measured."""
    asked = arguments(argv)
    machine.use_two_cpus()
    facts = machine.facts(asked.tsan)
    plain, race = asked.release / "tests" / "bench", asked.tsan / "tests" / "bench"
    quiet = {"TSAN_OPTIONS": "atexit_sleep_ms=0", "GORACE": "atexit_sleep_ms=0"}
    try:
        build_go_race(race / "bench_go_race")
        contenders: Contenders = {
            ("ours", PLAIN): Program(plain / "bench_muster"),
            ("ours", RACE): Program(race / "bench_muster", quiet),
            ("go", PLAIN): Program(plain / "bench_go"),
            ("go", RACE): Program(race / "bench_go_race", quiet),
        }
        slow = slowdown_table(measure_slowdowns(contenders, asked.rounds, asked.quick))
        crowd = crowd_table(measure_crowds(contenders, asked.quick))
    except BenchError as error:
        print(f"tools/bench --races: {error}", file=sys.stderr)
        return 2
    print(text_table(*slow), text_table(*crowd), sep="\n\n")
    if asked.doc:
        about = markdown_table(["", ""], [[name, value] for name, value in facts.items()
                                          if name != "Boost.Fiber"])
        DOCUMENT.write_text("\n\n".join([
            prose(HEAD.format(rounds=asked.rounds)), about, prose(SLOWDOWN),
            markdown_table(*slow), prose(CROWD), markdown_table(*crowd)]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
