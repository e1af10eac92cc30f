"""Kernels of lock inversions, with lock orders recorded: runs that do not hang are warned of, and the
repaired variants never are."""
import json
import os
import subprocess
import sys

SEEDS = range(1, 16)
program = sys.argv[1]
environment = dict(os.environ, MUSTER_LOCK_ORDER="1")


def verdict(kernel, variant, seed):
    done = subprocess.run([program, kernel, f"--variant={variant}", f"--seed={seed}"], env=environment,
                          capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def rules(said):
    return {finding["rule"] for finding in said["findings"]}


listed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
kernels = [name for name, subtype, _ in (line.split("\t") for line in listed) if subtype == "AB-BA deadlock"]
if not kernels:
    sys.exit("no kernel of a lock inversion")
failed = False
for kernel in kernels:
    healthy = predicted = 0
    for seed in SEEDS:
        said = verdict(kernel, "buggy", seed)
        if said and said["left"] == 0:
            healthy += 1
            predicted += "lock-order" in rules(said)
        said = verdict(kernel, "fixed", seed)
        if said and "lock-order" in rules(said):
            print(f"{kernel}, fixed, seed {seed}: {said}")
            failed = True
        if predicted:
            break
    failed |= healthy > 0 and predicted == 0
    print(f"{kernel}: predicted in {predicted} of {healthy} runs that did not hang")
sys.exit(failed)
