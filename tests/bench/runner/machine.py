"""The machine and the tools that the figures belong to."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

CPUS = 2


def use_two_cpus() -> None:
    """Keeps this process and its children on two CPUs, where there are more."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[:CPUS])


def first_line(command: list[str]) -> str:
    """The first line that a command prints; "" when it cannot be run."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    return (done.stdout.splitlines() or [""])[0]


def cache_value(build: Path, key: str) -> str:
    """An entry of CMake's cache; "" when there is none."""
    cache = build / "CMakeCache.txt"
    text = cache.read_text() if cache.exists() else ""
    found = re.search(rf"^{key}:\w+=(.*)$", text, re.MULTILINE)
    return found.group(1) if found else ""


def compiler(build: Path) -> str:
    """The C++ compiler of a build directory, with its version."""
    return first_line([cache_value(build, "CMAKE_CXX_COMPILER"), "--version"])


def _proc_value(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return "unknown"


def _debian_version(package: str) -> str:
    return first_line(["dpkg-query", "-W", "-f=${Version}", package]) or "unknown"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"


def line_trips(trips_ns: list[float]) -> dict[str, str]:
    """What the CPUs take to hand each other a cache line, by round; an entry of facts()."""
    return {"A cache line to the other CPU and back, by round":
            ", ".join(f"{ns:.0f}" for ns in trips_ns) + " ns"}


def facts(build: Path) -> dict[str, str]:
    """What belongs into the document, by heading."""
    build_type = cache_value(build, "CMAKE_BUILD_TYPE")
    flags = cache_value(build, f"CMAKE_CXX_FLAGS_{build_type.upper()}")
    memory_gib = int(_proc_value("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    return {
        "CPU": f"{_proc_value('/proc/cpuinfo', 'model name')}, {os.cpu_count()} seen by the "
               f"kernel, {len(os.sched_getaffinity(0))} used",
        "Memory": f"{memory_gib:.1f} GiB",
        "Kernel": f"{platform.system()} {platform.release()}",
        "System": _distribution(),
        "C++ compiler": f"{compiler(build)}; {build_type} ({flags})",
        "Go": first_line(["go", "version"]),
        "Boost.Fiber": _debian_version("libboost-fiber1.81-dev"),
        "Load before the run": f"{os.getloadavg()[0]:.2f}",
    }
