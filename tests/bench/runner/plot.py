"""The plot of growth, as SVG, drawn by gnuplot. (Debian's python3-matplotlib cannot be installed
beside libboost1.81-dev, which the build needs.)"""

from __future__ import annotations

import subprocess
from pathlib import Path

from runner.programs import BenchError

COLUMNS = 2
PLOT_WIDTH, PLOT_HEIGHT = 440, 250


def script(grown: list[dict], output: str) -> str:
    """What gnuplot is told: one small plot per work, cost over count, both axes logarithmic."""
    lines = -(-len(grown) // COLUMNS)
    parts = [
        f"set terminal svg size {COLUMNS * PLOT_WIDTH},{lines * PLOT_HEIGHT} "
        "font 'sans-serif,11' background '#ffffff'",
        f"set output '{output}'",
        f"set multiplot layout {lines},{COLUMNS}",
        "set logscale xy",
        "set format x '10^{%T}'",
        "set grid linecolor '#dddddd'",
        "set key top left",
        "set xlabel 'goroutines'",
    ]
    for number, curve in enumerate(grown):
        parts.append(f"$curve{number} << END")
        parts += [f"{count} {_cell(ours)} {_cell(go)}" for count, ours, go
                  in zip(curve["counts"], curve["ours"], curve["go"])]
        parts += ["END", f"set title '{curve['title']}'",
                  f"plot $curve{number} using 1:2 title 'Muster' with linespoints "
                  "linecolor '#1b6ca8' pointtype 7 pointsize 0.5, "
                  f"$curve{number} using 1:3 title 'Go' with linespoints "
                  "linecolor '#d1495b' dashtype 2 pointtype 5 pointsize 0.5"]
    return "\n".join([*parts, "unset multiplot", ""])


def _cell(value: float | None) -> str:
    return "NaN" if value is None else f"{value:.6g}"


def draw(grown: list[dict], path: Path) -> None:
    """Writes the plot."""
    try:
        subprocess.run(["gnuplot"], input=script(grown, str(path)), text=True, check=True,
                       capture_output=True)
    except FileNotFoundError as error:
        raise BenchError("the plot needs gnuplot (Debian: apt-get install gnuplot-nox)") from error
    except subprocess.CalledProcessError as error:
        raise BenchError(f"gnuplot could not draw the plot: {error.stderr.strip()}") from error
