"""Measure a catalogue on one worker process and on several: songs a minute, processor time, memory.

    python -m tests.benchmarks.catalogue_workers FOLDER -o OUT [--workers 1 2] [--quality draft]

FOLDER holds the recordings. What is kept in OUT (a catalogue for each number of workers) is removed first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from bridge.catalogue.table import DONE, Table
from tests.benchmarks.measure import children, process_cost

SAMPLE_S = 0.2
"""Between two looks at the processes: a song's peak lasts longer."""


def measured(folder: Path, out: Path, workers: int, quality: str) -> str:
    """Run a catalogue and return its row of the table."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "bridge", "catalogue", folder, "-o", out, "--quality", quality]
    before, started = os.times(), time.monotonic()
    process = subprocess.Popen([str(c) for c in [*command, "--workers", workers]], stdout=subprocess.DEVNULL)
    peaks: dict[int, float] = {}
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_S):
            for pid in [process.pid, *children(process.pid)]:
                peaks[pid] = max(peaks.get(pid, 0.0), process_cost(pid)[1])

    sampler = threading.Thread(target=sample)
    sampler.start()
    process.wait()
    wall_s, after = time.monotonic() - started, os.times()
    ended.set()
    sampler.join()
    cpu_s = sum(after[2:4]) - sum(before[2:4])
    table = Table(out)
    rows = [row for row in table.rows() if row.state == DONE]
    table.close()
    sound_s = sum(row.length_s for row in rows)
    cells = (
        str(workers), str(len(rows)), f"{sound_s:.0f} s", f"{wall_s:.0f} s", f"{60 * len(rows) / wall_s:.1f}",
        f"{cpu_s:.0f} s", f"{max(peaks.values()):.0f} MB", f"{sum(peaks.values()):.0f} MB",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--quality", default="draft")
    options = parser.parse_args()
    head = ("workers", "songs", "sound", "wall", "songs a minute", "processor", "largest process", "all processes")
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|", flush=True)
    for workers in options.workers:
        print(measured(options.folder, options.out / str(workers), workers, options.quality), flush=True)


if __name__ == "__main__":
    main()
