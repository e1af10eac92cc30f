"""Collects failing seeds of many tests, replays each, and counts how often the same report comes.

  replays.py MUSTER_STRESS GOKER [--pairs N] [--per-kernel N] [--kernels A,B] [--strategy S]

The tests are the buggy kernels of testdata/goker. A kernel is run by muster-stress, and each run
that failed gives a pair of kernel and seed. Its replay command, as printed, is then given to a
shell. The report is the same if what was printed the first time is printed again, word for word,
but for addresses and process numbers. Exits 0 if all are the same and there were enough pairs.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
from collections import Counter

# What two runs of one schedule may differ in: where the kernel has put things.
CHANCE = [(re.compile(r"0x[0-9a-f]+"), "0x"), (re.compile(r"\(pid=\d+\)"), "(pid)"),
          (re.compile(r"thread \d+ \["), "thread [")]


def normalized(text: str) -> str:
    """The text without what differs from run to run, lines without their margins."""
    for pattern, instead in CHANCE:
        text = pattern.sub(instead, text)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def kernels(goker: str) -> list[str]:
    """The names of all kernels."""
    listed = subprocess.run([goker], text=True, capture_output=True, check=True).stdout
    return [line.split("\t")[0] for line in listed.splitlines()]


def failing(stress: str, goker: str, kernel: str, seed: int, strategy: str) -> dict | None:
    """The first finding of one run of a kernel; None if it was clean or did not end."""
    command = [stress, "--runs", "1", "--seed", str(seed), "--strategy", strategy, "--timeout", "20",
               "--no-minimize", "--json", "--", goker, kernel, "--variant=buggy", "--run"]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    if done.returncode != 1:
        return None
    found = [f for f in json.loads(done.stdout)["findings"] if f["kind"] != "time-out"]
    return found[0] | {"kernel": kernel, "seed": seed} if found else None


def collect(options: argparse.Namespace, names: list[str]) -> list[dict]:
    """Failing pairs, seed by seed through all kernels, so that they are of many kernels."""
    pairs: list[dict] = []
    wanted = [(kernel, seed) for seed in range(1, options.per_kernel + 1) for kernel in names]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for at in range(0, len(wanted), 16):
            if len(pairs) >= options.pairs:
                break
            found = pool.map(lambda pair: failing(options.stress, options.goker, *pair,
                                                  options.strategy), wanted[at:at + 16])
            pairs += [finding for finding in found if finding is not None]
    return pairs[:options.pairs]


def replayed(finding: dict) -> bool:
    """Whether the printed command prints the same report."""
    done = subprocess.run(["/bin/sh", "-c", finding["replay"]], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    return normalized(finding["evidence"]) in normalized(done.stdout)


def main(argv: list[str]) -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stress")
    parser.add_argument("goker")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--per-kernel", type=int, default=12)
    parser.add_argument("--kernels", default="")
    parser.add_argument("--strategy", default="random")
    options = parser.parse_args(argv)
    names = options.kernels.split(",") if options.kernels else kernels(options.goker)
    pairs = collect(options, names)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        same = list(pool.map(replayed, pairs))
    for finding, equal in zip(pairs, same):
        if not equal:
            print(f"differs: {finding['kernel']} seed {finding['seed']}: {finding['title']}\n"
                  f"  {finding['replay']}")
    kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(f["kind"] for f in pairs).most_common())
    print(f"{len(pairs)} failing seeds of {len({f['kernel'] for f in pairs})} kernels ({kinds}): "
          f"{sum(same)} replays gave the same report")
    return 0 if all(same) and len(pairs) == options.pairs else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
