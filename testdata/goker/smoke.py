"""One kernel, both variants, a few seeds: it runs to a verdict, and the repaired one to none."""
import json
import subprocess
import sys

program, kernel = sys.argv[1:]
for seed in (1, 2, 3):
    for variant in ("buggy", "fixed"):
        done = subprocess.run([program, kernel, f"--variant={variant}", f"--seed={seed}"],
                              capture_output=True, text=True, timeout=60, check=False)
        panicked = variant == "buggy" and done.returncode == 2 and "panic: " in done.stderr
        if panicked:
            continue
        if done.returncode != 0:
            sys.exit(f"{variant}, seed {seed}: exit status {done.returncode}\n{done.stderr}")
        verdict = json.loads(done.stdout)
        if variant == "fixed" and (verdict["findings"] or verdict["unreachable"] or not verdict["returned"]):
            sys.exit(f"{variant}, seed {seed}: {done.stdout}")
