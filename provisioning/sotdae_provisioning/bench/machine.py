"""What was measured on, and how much a process uses."""

import os
import platform
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

PROC = Path("/proc")


def describe() -> dict[str, str]:
    """Return processor, cores, memory, kernel, Python and load: figures mean little without them."""
    return {
        "processor": _line(PROC / "cpuinfo", "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory_gib": f"{_kib(PROC / 'meminfo', 'MemTotal') / 2**20:.1f}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "pymodbus": version("pymodbus"),
        "load_1_5_15_min": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def rss_mib(pid: int) -> float:
    """Return the resident memory of a process, in MiB. Raises OSError once it is gone."""
    return _kib(PROC / str(pid) / "status", "VmRSS") / 1024


def peak_rss_mib(pid: int) -> float:
    """Return the most resident memory that a process has had, in MiB. Raises OSError once it is gone."""
    return _kib(PROC / str(pid) / "status", "VmHWM") / 1024


def tree_rss_mib(pid: int) -> float:
    """Return the resident memory of a process and its descendants, in MiB; who is gone counts nothing."""
    found = 0.0
    with suppress(OSError):
        found = rss_mib(pid)
        for task in (PROC / str(pid) / "task").iterdir():
            found += sum(tree_rss_mib(int(child)) for child in (task / "children").read_text().split())
    return found


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far, in seconds. Raises OSError once it is gone."""
    # After the name, which may hold spaces; utime and stime are fields 14 and 15 of proc(5).
    words = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _kib(file: Path, name: str) -> float:
    found = _line(file, name)
    return float(found.split()[0]) if found else 0.0


def _line(file: Path, name: str) -> str | None:
    for line in file.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None
