"""The benchmark programs: where they are, and how one is run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT_S = 300


class BenchError(Exception):
    """Something could not be measured; the message says what and why."""


def clean_environment(extra: dict[str, str]) -> dict[str, str]:
    """This environment without what would change how a contender runs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSTER_", "GO", "FIBER_"))}
    return kept | extra


@dataclass(frozen=True)
class Program:
    """An executable with the interface of tests/bench/harness, and its environment."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, work: str, count: int | None = None, ops: int | None = None,
            rounds: int = 1) -> list[dict]:
        """Runs one work and returns what it printed, one dictionary per round."""
        command = [str(self.path), work, "--rounds", str(rounds)]
        if count is not None:
            command += ["--count", str(count)]
        if ops is not None:
            command += ["--ops", str(ops)]
        shown = " ".join([self.path.name, *command[1:]])
        lines = run_command(command, shown, self.environment).splitlines()
        if len(lines) != rounds:
            raise BenchError(f"{shown}: printed {len(lines)} lines for {rounds} rounds")
        return [json.loads(line) for line in lines]

    def sample(self, work: str, count: int | None = None, ops: int | None = None) -> float:
        """The figure of one round after the warm-up."""
        return per_op(self.run(work, count, ops)[0])


def per_op(line: dict) -> float:
    """The figure in a line that a program has printed."""
    return line["ns_per_op"] if "ns_per_op" in line else line["bytes_per_op"]


def run_command(command: list[str], shown: str, environment: dict[str, str]) -> str:
    """What `command` prints; BenchError, with what it complains of, when it does not succeed."""
    try:
        done = subprocess.run(command, env=clean_environment(environment), timeout=TIMEOUT_S,
                              text=True, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise BenchError(f"{shown}: {command[0]} is not there; tools/bench installs and builds "
                         "what is missing") from error
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{shown}: still ran after {TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise BenchError(f"{shown}: {_why(done)}")
    return done.stdout


def _why(done: subprocess.CompletedProcess[str]) -> str:
    said = done.stderr.strip().splitlines()
    words = f"; it said: {said[0]}" if said else ""
    if done.returncode == -signal.SIGKILL:
        return "was killed, as happens when memory runs out" + words
    if done.returncode < 0:
        return f"died of {signal.Signals(-done.returncode).name}{words}"
    return f"exit status {done.returncode}{words}"


class Programs:
    """All contenders, as built in one build directory."""

    def __init__(self, build: Path) -> None:
        self.build = build
        self._bin = build / "tests" / "bench"

    def ours(self, program: str = "bench_muster", record: str = "full", **more: str) -> Program:
        """One of our programs, at a level of the record."""
        return Program(self._bin / program, {"MUSTER_RECORD": record} | more)

    def go(self) -> Program:
        return Program(self._bin / "bench_go")

    def boost(self, threads: int) -> Program:
        return Program(self._bin / "bench_boost", {"FIBER_THREADS": str(threads)})
