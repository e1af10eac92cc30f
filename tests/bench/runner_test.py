"""Tests of the runner's pure parts: what it makes of figures that somebody else measured."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import run
from runner import document, growth, instructions, record_levels, snapshot, tables
from runner.amounts import amount, text_table
from runner.contest import contenders, rotated
from runner.programs import BenchError, Program, Programs
from runner.results import Results
from runner.rows import BOOST_ONE, BOOST_TWO, GO, OURS, ROWS, Measured, by_id, over_bar

KEYS = ["work", "ours", "go", "boost", "ratio_go", "ratio_boost", "bar"]


def measured(id: str, ours: list[float], go: list[float], one: list[float] | None = None,
             two: list[float] | None = None) -> Measured:
    samples = {OURS: ours, GO: go}
    if one and two:
        samples |= {BOOST_ONE: one, BOOST_TWO: two}
    return Measured(by_id([id])[0], samples)


def whole() -> Results:
    """A run in which every bar is kept."""
    rows = [measured(row.id, [10.0], [1000.0], *([[20.0], [30.0]] if row.boost_count else []))
            for row in ROWS]
    results = Results(rounds=1, machine={"CPU": "a fast one"}, compiler="c++ 1")
    results.keep(rows)
    flat = {level: [100.0] for level in record_levels.LEVELS}
    results.record = [record_levels.compare(row, flat) for row in record_levels.RECORD_ROWS]
    results.snapshot = snapshot.summary([{"count": 7, "ns_per_op": 5e8, "longest_hold_ns": 900,
                                          "live": 7, "captured": 7}])
    results.growth = [{"work": curve.work, "title": curve.title, "counts": [1, 10],
                       "ours": [1.0, 2.0], "go": [2.0, 3.0], "shown": {"ours": 11, "go": 4}}
                      for curve in growth.CURVES]
    results.instructions = {"yield": 100.0}
    results.baseline = {"compiler": "c++ 1", "instructions": {"yield": 95.0}}
    return results


class Rows(unittest.TestCase):
    def test_have_exactly_these_keys_in_json(self) -> None:
        for entry in whole().contest_json():
            self.assertEqual(list(entry), KEYS)

    def test_have_no_two_of_one_id(self) -> None:
        self.assertEqual(len({row.id for row in ROWS}), len(ROWS))

    def test_compare_medians(self) -> None:
        row = measured("yield", [10, 90, 20], [40, 39, 41], [50, 50, 50], [30, 25, 90]).to_json()
        self.assertEqual((row["ours"], row["go"], row["boost"]), (20, 40, 30))
        self.assertEqual((row["ratio_go"], row["ratio_boost"]), (0.5, 20 / 30))

    def test_spread_over_the_rounds(self) -> None:
        self.assertEqual(measured("yield", [10, 90], [40, 45]).spread(GO), (0.25, 2.0))

    def test_take_the_faster_of_boosts_ways(self) -> None:
        self.assertEqual(measured("yield", [1], [1], [3], [2]).boost, BOOST_TWO)
        self.assertEqual(measured("yield", [1], [1], [2], [3]).boost, BOOST_ONE)

    def test_have_null_where_a_peer_has_no_such_thing(self) -> None:
        row = measured("select2", [1], [2]).to_json()
        self.assertEqual((row["boost"], row["ratio_boost"]), (None, None))

    def test_that_do_not_exist_are_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "no such work: nonsense"):
            by_id(["yield", "nonsense"])


class Check(unittest.TestCase):
    def test_passes_when_every_bar_is_kept(self) -> None:
        self.assertEqual(whole().over_bar(), [])

    def test_names_a_row_over_its_bar(self) -> None:
        [sentence] = over_bar([measured("yield", [51], [100]).to_json()])
        self.assertIn("yield: ratio_go is 0.51, and may be 0.5", sentence)

    def test_names_a_row_slower_than_boost(self) -> None:
        [sentence] = over_bar([measured("yield", [12], [100], [11], [13]).to_json()])
        self.assertIn("ratio_boost", sentence)

    def test_holds_memory_to_an_absolute_bar(self) -> None:
        self.assertEqual(over_bar([measured("bytes_parked_1m", [5000], [2600]).to_json()]), [])
        self.assertEqual(len(over_bar([measured("bytes_parked_1m", [5200], [9000]).to_json()])), 1)

    def test_does_not_pass_a_row_without_a_peer(self) -> None:
        self.assertEqual(len(over_bar([Measured(by_id(["yield"])[0], {OURS: [1.0]}).to_json()])), 1)

    def test_exits_with_1_for_a_planted_row(self) -> None:
        results = whole()
        results.samples["mutex"] = {OURS: [90.0], GO: [100.0]}
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(run.check(results), 1)
            self.assertEqual(run.check(whole()), 0)
        self.assertIn("mutex", said.getvalue())


class RecordLevels(unittest.TestCase):
    ROUND_TRIP = record_levels.RECORD_ROWS[0]
    SPAWN = record_levels.RECORD_ROWS[3]

    def test_of_channels_are_held_to_percent(self) -> None:
        row = record_levels.compare(self.ROUND_TRIP, {"off": [100], "site": [101], "full": [106]})
        self.assertEqual((row["overhead_ns"], row["overhead"]), (6, 6))
        self.assertEqual(len(record_levels.over_bar([row])), 1)

    def test_of_spawning_are_held_to_nanoseconds(self) -> None:
        row = record_levels.compare(self.SPAWN, {"off": [100], "site": [120], "full": [159]})
        self.assertEqual(record_levels.over_bar([row]), [])


class Snapshot(unittest.TestCase):
    GOOD = {"count": 9, "ns_per_op": 1e8, "longest_hold_ns": 10, "live": 9, "captured": 9}

    def test_is_judged_by_its_worst_round(self) -> None:
        for worse in ({"longest_hold_ns": 1_000_001}, {"ns_per_op": 1.1e9}):
            taken = snapshot.summary([self.GOOD, self.GOOD | worse, self.GOOD])
            self.assertEqual(len(snapshot.over_bar(taken)), 1)

    def test_counts_whom_it_did_not_see(self) -> None:
        self.assertEqual(snapshot.summary([self.GOOD | {"captured": 5}])["unseen"], 4)


class Instructions(unittest.TestCase):
    BASELINE = {"compiler": "c++ 1", "instructions": {"yield": 100.0}}

    def test_may_grow_by_a_tenth(self) -> None:
        self.assertEqual(instructions.over_baseline({"yield": 110}, "c++ 1", self.BASELINE), [])
        self.assertEqual(
            len(instructions.over_baseline({"yield": 111}, "c++ 1", self.BASELINE)), 1)

    def test_of_another_compiler_are_not_compared(self) -> None:
        self.assertEqual(instructions.over_baseline({"yield": 999}, "c++ 2", self.BASELINE), [])

    def test_are_what_lies_between_two_runs_of_two_rounds(self) -> None:
        probe = instructions.Probe("yield", 10, 100, 300)
        self.assertEqual(instructions.per_operation(probe, 5000, 9000), 10)

    def test_are_read_from_callgrinds_file(self) -> None:
        self.assertEqual(instructions.parse_total("events: Ir\nsummary: 4711\n"), 4711)
        with self.assertRaises(BenchError):
            instructions.parse_total("events: Ir\n")


class Contest(unittest.TestCase):
    def test_begins_with_another_each_round(self) -> None:
        self.assertEqual([rotated("abc", n)[0] for n in range(4)], ["a", "b", "c", "a"])

    def test_runs_boost_where_it_has_such_a_thing(self) -> None:
        programs = Programs(Path("nowhere"))
        self.assertIn(BOOST_TWO, contenders(by_id(["yield"])[0], programs, quick=False))
        self.assertNotIn(BOOST_TWO, contenders(by_id(["select2"])[0], programs, quick=False))

    def test_says_which_program_is_missing(self) -> None:
        with self.assertRaisesRegex(BenchError, "bench_go"):
            Program(Path("nowhere/bench_go")).run("yield")


class Growth(unittest.TestCase):
    def test_repeats_small_counts(self) -> None:
        curve = growth.Curve("sleep", "", 1000, most_batches=20)
        self.assertEqual([curve.ops_at(n) for n in (1, 10, 100, 5000)], [20, 200, 1000, 5000])


class Amounts(unittest.TestCase):
    def test_have_three_digits(self) -> None:
        shown = [amount(v) for v in (4.0, 57.04, 449.7, 999.6, 66_290, 1.9e6, 2.5e9, None)]
        self.assertEqual(shown, ["4.00 ns", "57.0 ns", "450 ns", "1.00 µs", "66.3 µs", "1.90 ms",
                                 "2.50 s", "-"])
        self.assertEqual(amount(4609.3, "bytes"), "4,609 B")

    def test_stand_in_columns(self) -> None:
        self.assertEqual(text_table(["a", "b"], [["long", "1"]]), "a     b\nlong  1")


class Document(unittest.TestCase):
    def test_has_every_row_and_part(self) -> None:
        text = document.render(whole())
        for row in ROWS:
            self.assertIn(f"| {row.id} |", text)
        for part in ("a fast one", document.PLOT_NAME, "MUSTER_RECORD", "callgrind", "snapshot"):
            self.assertIn(part, text)

    def test_has_figures_from_the_run_only(self) -> None:
        results = whole()
        before = document.render(results)
        results.samples["yield"][OURS] = [123.4]
        self.assertNotIn("123 ns", before)
        self.assertIn("123 ns", document.render(results))

    def test_has_figures_of_the_run_in_its_words_too(self) -> None:
        results = whole()
        for curve in results.growth:
            if curve["work"] == "profile":
                curve["ours"] = [400_000.0, 400_700.0]
        text = " ".join(document.render(results).split())
        self.assertIn("costs 400 µs for symbols and the memory map, then 70.0 ns for each", text)
        self.assertIn("With 10 parked, ours shows 11 goroutines, and Go's, which ends at 64 MiB, 4.",
                      text)

    def test_is_the_same_from_saved_results(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "new" / "results.json"
            whole().save(path)
            self.assertEqual(document.render(Results.load(path)), document.render(whole()))


class CommandLine(unittest.TestCase):
    def refuse(self, *argv: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as stopped:
            run.arguments(list(argv))
        self.assertEqual(stopped.exception.code, 2)
        return said.getvalue()

    def test_refuses_to_judge_a_quick_run(self) -> None:
        self.assertIn("no figures", self.refuse("--quick", "--check"))

    def test_refuses_what_makes_no_sense(self) -> None:
        self.assertIn("no such work: x", self.refuse("--works", "x"))
        self.assertIn("above 0", self.refuse("--rounds", "0"))
        self.assertIn("only one of", self.refuse("--doc", "--works", "yield"))
        self.assertIn("makes the table", self.refuse("--growth", "--json", "f"))

    def test_selects_rows(self) -> None:
        rows = run.arguments(["--works", "mutex,yield"]).rows
        self.assertEqual([row.id for row in rows], ["mutex", "yield"])

    def test_writes_a_list_of_rows(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            path, record = Path(scratch) / "rows.json", Path(scratch) / "record.json"
            run.write_files(run.arguments(["--json", str(path), "--record-json", str(record)]),
                            whole())
            self.assertIsInstance(json.loads(path.read_text()), list)
            self.assertEqual(list(json.loads(record.read_text())), ["record", "snapshot"])


class Tables(unittest.TestCase):
    def test_say_when_a_snapshot_held_nobody(self) -> None:
        taken = snapshot.summary([Snapshot.GOOD | {"longest_hold_ns": 0}])
        self.assertIn("nobody held", tables.snapshot(taken)[1][0])

    def test_say_on_how_many_threads_boost_was_faster(self) -> None:
        _, [row] = tables.contest([measured("yield", [1], [2], [4], [3])])
        self.assertIn("3.00 ns (2)", row)


if __name__ == "__main__":
    unittest.main()
