"""Runs the benchmarks. tools/bench builds the programs and calls this."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import races
from runner import (contest, document, growth, instructions, machine, plot, record_levels, snapshot,
                    tables)
from runner.amounts import text_table
from runner.programs import BenchError, Programs
from runner.results import Results
from runner.rows import ROWS, by_id

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / "tests" / "bench" / "instructions.json"
DOCUMENT = ROOT / "docs" / "performance.md"
SNAPSHOTS = 3

DESCRIPTION = """\
Runs our benchmarks and the same programs in Go and in Boost.Fiber, next to each other, round after
round, and prints medians and ratios; then what the record costs, and a snapshot of a million
goroutines under load. Exits 0; 1 if --check finds a bar missed; 2 if something could not be
measured.
"""


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line; argparse exits with 2 if it makes no sense."""
    parser = argparse.ArgumentParser(prog="tools/bench", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--works", metavar="A,B", help="only these rows of the table, and nothing else")
    add("--rounds", metavar="N", type=int, default=5, help="rounds (default 5)")
    add("--json", metavar="FILE", type=Path,
        help="write the table's rows: work, ours, go, boost, ratio_go, ratio_boost, bar")
    add("--record-json", metavar="FILE", type=Path,
        help="write the levels of the record, and the snapshot")
    add("--check", action="store_true",
        help="exit 1 if a bar is missed, after naming the rows: ratio_go over bar (memory: ours "
             "over bar), ratio_boost over 1, the record, the snapshot, instructions")
    add("--growth", action="store_true", help="only how cost grows with the number of goroutines")
    add("--instructions", action="store_true",
        help="only instructions per operation (valgrind), beside tests/bench/instructions.json")
    add("--update-instructions", action="store_true", help="the same, and write that file")
    add("--doc", action="store_true",
        help="everything; writes docs/performance.md and its plot (takes about 10 minutes)")
    add("--redraw", action="store_true",
        help="write them again from the figures of the last --doc, and measure nothing")
    add("--races", action="store_true",
        help="only what the race detectors cost, ours and Go's: takes --rounds, --quick, --doc "
             "(writes docs/performance-tsan.md), --release and --tsan (build directories)")
    add("--quick", action="store_true",
        help="tiny sizes, to see that all works; what comes out are no figures")
    add("--no-install", action="store_true", help="do not look for missing Debian packages")
    add("--build", metavar="DIR", type=Path, default=ROOT / "build" / "release",
        help="where the programs were built (default: build/release)")
    parsed = parser.parse_args(argv)
    if parsed.rounds < 1:
        parser.error("--rounds wants a number above 0")
    if parsed.quick and (parsed.check or parsed.doc or parsed.update_instructions):
        parser.error("a quick run has no figures to check or to write down")
    parts = [parsed.works is not None, parsed.growth,
             parsed.instructions or parsed.update_instructions, parsed.doc, parsed.redraw]
    if sum(parts) > 1:
        parser.error("only one of --works, --growth, --instructions, --doc and --redraw")
    if parsed.record_json and any(parts[:3]):
        parser.error("--record-json needs a run without --works, --growth and --instructions")
    if parsed.json and (parsed.growth or parts[2]):
        parser.error("--json needs a run that makes the table")
    try:
        parsed.rows = by_id(parsed.works.split(",")) if parsed.works else ROWS
    except ValueError as error:
        parser.error(str(error))
    return parsed


def progress(what: str) -> None:
    """Says on stderr what is being done."""
    print(f"  {what}", file=sys.stderr, flush=True)


def show(heading: str, table: tables.Table) -> None:
    print(f"\n{heading}\n{text_table(*table)}", flush=True)


def run_contest(options: argparse.Namespace, programs: Programs, results: Results) -> None:
    trips: list[float] = []
    results.keep(contest.hold(options.rows, programs, options.rounds, options.quick, progress,
                              trips))
    results.machine |= machine.line_trips(trips)
    show("Medians, and ratios of medians (Boost: on how many threads; spread: within a round)",
         tables.contest(results.measured))


def run_record(options: argparse.Namespace, programs: Programs, results: Results) -> None:
    results.record = record_levels.measure(programs, options.rounds, options.quick, progress)
    show("MUSTER_RECORD", tables.record_levels(results.record))
    results.snapshot = snapshot.measure(programs, SNAPSHOTS, options.quick, progress)
    show("A snapshot while every P runs a ping-pong", tables.snapshot(results.snapshot))


def run_growth(options: argparse.Namespace, programs: Programs, results: Results) -> None:
    results.growth = growth.measure(programs, options.quick, progress)
    for curve in results.growth:
        print("\n" + text_table(*tables.growth(curve)), flush=True)


def run_instructions(options: argparse.Namespace, programs: Programs, results: Results) -> None:
    results.instructions = instructions.measure(programs, progress)
    if options.update_instructions:
        instructions.write_baseline(BASELINE, results.instructions, results.compiler)
    results.baseline = instructions.read_baseline(BASELINE)
    show("Instructions per operation",
         tables.instructions(results.instructions, results.baseline))
    if results.baseline.get("compiler") != results.compiler:
        print("The baseline is another compiler's: nothing to compare with.")


def run_parts(options: argparse.Namespace, programs: Programs, results: Results) -> None:
    """Measures what the options ask for."""
    if options.growth:
        run_growth(options, programs, results)
    elif options.instructions or options.update_instructions:
        run_instructions(options, programs, results)
    else:
        run_contest(options, programs, results)
        if not options.works:
            run_record(options, programs, results)
        if options.doc:
            run_growth(options, programs, results)
            run_instructions(options, programs, results)


def write_document(results: Results) -> None:
    DOCUMENT.write_text(document.render(results))
    plot.draw(results.growth, DOCUMENT.with_name(document.PLOT_NAME))
    print(f"\nwrote {DOCUMENT.relative_to(ROOT)} and docs/{document.PLOT_NAME}")


def write_files(options: argparse.Namespace, results: Results) -> None:
    if options.json:
        options.json.write_text(json.dumps(results.contest_json(), indent=2) + "\n")
    if options.record_json:
        options.record_json.write_text(json.dumps(
            {"record": results.record, "snapshot": results.snapshot}, indent=2) + "\n")


def check(results: Results) -> int:
    wrong = results.over_bar()
    for sentence in wrong:
        print(f"over the bar: {sentence}", file=sys.stderr)
    print("no bar is missed" if not wrong else f"{len(wrong)} bars are missed")
    return 1 if wrong else 0


def main(argv: list[str]) -> int:
    if "--races" in argv:
        return races.main([word for word in argv if word not in ("--races", "--no-install")])
    options = arguments(argv)
    saved = options.build / "bench" / "results.json"
    if options.redraw:
        write_document(Results.load(saved))
        return 0
    machine.use_two_cpus()
    results = Results(rounds=options.rounds, machine=machine.facts(options.build),
                      compiler=machine.compiler(options.build))
    if options.quick:
        print("A quick run: these are no figures.")
    run_parts(options, Programs(options.build), results)
    write_files(options, results)
    if options.doc:
        results.save(saved)
        write_document(results)
    return check(results) if options.check else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (BenchError, OSError) as failure:
        print(f"tools/bench: {failure}", file=sys.stderr)
        sys.exit(2)
