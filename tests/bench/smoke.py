"""Runs the real programs at tiny sizes: `smoke.py BUILD_DIR`. That all works, not how fast."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from runner.growth import QUICK_COUNTS
from runner.record_levels import RECORD_ROWS
from runner.rows import ROWS

HERE = Path(__file__).resolve().parent


def expect(truth: bool, what: str) -> None:
    if not truth:
        sys.exit(f"smoke: {what}")


def quick_run(build: str, *more: str) -> str:
    """What a quick run prints."""
    command = [sys.executable, str(HERE / "run.py"), "--build", build, "--quick", *more]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    expect(done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def positive(value: object) -> bool:
    return isinstance(value, (int, float)) and value > 0


def check_rows(rows: list[dict]) -> None:
    expect([row["work"] for row in rows] == [row.id for row in ROWS], "not all rows are there")
    for wanted, row in zip(ROWS, rows):
        peers = ["ours", "go", "ratio_go", "bar"]
        if wanted.boost_count is not None:
            peers += ["boost", "ratio_boost"]
        for key in peers:
            expect(positive(row[key]), f"{wanted.id}: {key} is {row[key]}")


def check_record(written: dict) -> None:
    expect([row["work"] for row in written["record"]] == [row.work for row in RECORD_ROWS],
           "not all levels of the record are there")
    for row in written["record"]:
        for level in ("off", "site", "full"):
            expect(positive(row[level]), f"record, {row['work']}: {level} is {row[level]}")
    expect(positive(written["snapshot"]["total_ns"]), "the snapshot took no time")
    expect(written["snapshot"]["unseen"] <= 0, "the snapshot has not seen everybody")


def main(build: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        rows, record = Path(scratch) / "rows.json", Path(scratch) / "record.json"
        said = quick_run(build, "--rounds", "1", "--json", str(rows), "--record-json", str(record))
        expect("no figures" in said, "a quick run must say that it has no figures")
        check_rows(json.loads(rows.read_text()))
        check_record(json.loads(record.read_text()))
    grown = quick_run(build, "--growth")
    expect(grown.count(f"{QUICK_COUNTS[-1]}") > 0, "no growth is shown")
    print(said + grown)


if __name__ == "__main__":
    main(sys.argv[1])
