"""Measure how a catalogue scales: stand-in songs on a local Dask cluster, workers killed meanwhile.

    python -m tests.benchmarks.catalogue_scale [--songs 100000] [--workers 2] [--ms 1] [--kill-every 20]

Prints songs a second and processor time a song for each tenth of the run (a falling rate, or a rising time, would mean
that something is not linear), the memory of this process, and whether a song was lost or stands twice in the table.
Needs the extra ``cluster``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import psutil

from bridge.catalogue.cluster import run_on_cluster
from bridge.catalogue.run import Progress, update
from bridge.catalogue.songs import Song
from bridge.catalogue.table import DONE, Row, Table
from bridge.catalogue.task import Task

SECONDS = "DAWSCRIBE_BENCH_SECONDS"
PATIENCE = {
    "distributed.comm.timeouts.connect": "300 s",
    "distributed.comm.timeouts.tcp": "300 s",
    "distributed.scheduler.worker-ttl": "30 minutes",
    "distributed.scheduler.allowed-failures": 20,
    "distributed.deploy.lost-worker-timeout": "10 minutes",
    "distributed.admin.tick.limit": "60 s",
}
"""A machine that has much else to do answers late: only a process that was killed counts as gone, and which song it had
in hand is chance."""


def stand_in(task: Task) -> Row:
    """Take as long as a song would and answer with a row of the usual size."""
    time.sleep(float(os.environ.get(SECONDS, "0.001")))
    content = hashlib.sha256(task.path.encode()).hexdigest()
    parts = {"Drums": 300, "Bass": 120, "Piano": 400, "Strings": 80}
    return Row(task.path, task.stamp, content, task.engines, DONE, "", 240.0, 120.0, "C major", parts, 0.9, 8.0)


def cpu_s() -> float:
    """Return the processor time of this process: scheduler, client and table."""
    used = os.times()
    return used.user + used.system


def main() -> None:
    """Run and print the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ms", type=float, default=1.0)
    parser.add_argument("--kill-every", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="keep the curve as JSON, and beside it as PNG")
    options = parser.parse_args()
    os.environ[SECONDS] = str(options.ms / 1000)
    import dask
    from distributed import LocalCluster

    dask.config.set(PATIENCE)
    songs = [Song(f"/songs/{i:07}.wav", 40_000_000, "1") for i in range(options.songs)]
    marks: list[tuple[int, float, float]] = [(0, 0.0, cpu_s())]
    ended = threading.Event()

    def on_row(row: Row, progress: Progress) -> None:
        if progress.done % max(1, options.songs // 10) == 0:
            marks.append((progress.done, progress.elapsed_s, cpu_s()))
            (songs, wall, cpu), before = marks[-1], marks[-2]
            done = songs - before[0]
            rate, cost = done / (wall - before[1]), 1000 * (cpu - before[2]) / done
            print(f"{songs:>8} songs  {rate:7.0f} songs/s, {cost:5.2f} ms of the processor each here", flush=True)

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        killed = [0]

        def kill() -> None:
            while not ended.wait(options.kill_every):
                alive = [w.pid for w in cluster.workers.values() if w.pid]
                # Let the last one that was killed come back first, and be at work.
                if len(alive) == len(cluster.scheduler.workers) == options.workers:
                    os.kill(random.choice(alive), signal.SIGKILL)
                    killed[0] += 1

        killer = threading.Thread(target=kill)
        killer.start()
        table = Table(Path(folder), create=True)
        run = partial(run_on_cluster, scheduler=cluster.scheduler_address, work=stand_in)
        try:
            progress = update(songs, table, Path(folder), run, on_row, engines="e", options={})
        finally:
            ended.set()
            killer.join()
        rows = [row.path for row in table.rows()]
        size = sum(f.stat().st_size for f in Path(folder).glob("catalogue.sqlite*"))
        table.close()
    memory = psutil.Process().memory_info().rss / 1e6
    lost, twice = len({s.path for s in songs} - set(rows)), len(rows) - len(set(rows))
    print(f"{progress.done} done, {progress.failed} failed, {killed[0]} workers killed, {lost} lost, {twice} twice")
    print(f"memory here {memory:.0f} MB, table {size / 1e6:.0f} MB")
    if options.out:
        options.out.write_text(json.dumps({"marks": marks, "killed": killed[0], "lost": lost, "twice": twice}))
        draw(marks, options.out.with_suffix(".png"))


def draw(marks: Sequence[Sequence[float]], path: Path) -> None:
    """Draw songs a second and processor time a song over the number of songs done.

    Args:
        marks: songs, seconds and processor seconds at the end of each tenth, from nothing on.
        path: the PNG.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    steps = list(pairwise(marks))
    songs = [after[0] / 1000 for _, after in steps]
    figure, (rate, cost) = pyplot.subplots(2, 1, figsize=(8, 4.5), sharex=True)
    rate.step(songs, [(b[0] - a[0]) / (b[1] - a[1]) for a, b in steps], where="mid")
    rate.set_ylabel("songs a second")
    cost.step(songs, [1000 * (b[2] - a[2]) / (b[0] - a[0]) for a, b in steps], where="mid", color="tab:orange")
    cost.set_ylabel("ms of the processor\na song, scheduler's side")
    cost.set_xlabel("thousand songs done")
    for axis in (rate, cost):
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
