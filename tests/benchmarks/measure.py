"""Run a command and say what it cost: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    """Of the largest process."""


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure by itself."""
    return Cost(
        statistics.median(c.wall_s for c in costs),
        statistics.median(c.cpu_s for c in costs),
        statistics.median(c.peak_mb for c in costs),
    )


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and measure it with what the system kept of it and of its children.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(c) for c in command], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    with process.stdout as output:
        said = output.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {said[-600:]}")
    # Linux counts in kB, macOS in bytes.
    unit = 1e6 if os.uname().sysname == "Darwin" else 1e3
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def process_cost(pid: int) -> tuple[float, float]:
    """Processor seconds and peak MB so far of a running process (Linux only; zeros elsewhere)."""
    folder = Path("/proc") / str(pid)
    if not folder.is_dir():
        return 0.0, 0.0
    # After the command's name in brackets: state is field 3, utime field 14, stime field 15.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    lines = (folder / "status").read_text().splitlines()
    # A process that has ended and was not yet waited for has no memory any more, and no such line.
    peak = next((line for line in lines if line.startswith("VmHWM")), "VmHWM: 0")
    return ticks / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1e3


def children(pid: int) -> list[int]:
    """Processes that ``pid`` started, and theirs (Linux only)."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            child = int(folder.name)
            found += [child, *children(child)]
    return found
