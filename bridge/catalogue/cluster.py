"""Run tasks on a Dask cluster.

The scheduler is the queue, and its dashboard shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from bridge.catalogue.table import FAILED, Row
from bridge.catalogue.task import Task, run_task
from bridge.errors import PluginError
from bridge.plugins.install_hint import pip_install

AHEAD = 4
"""Tasks in the scheduler's hands per worker thread: none waits, and a million songs do not fill its memory."""
TASK_S = 1.0
"""A task takes about so long: songs that are quicker go in bundles, for each task costs the scheduler a millisecond."""
MAX_BUNDLE = 200
"""Songs in a task at most: what is done again where its worker is killed."""
RETRIES = 1
"""Further tries of a song whose worker raised."""
CONNECT_S = 60
"""A scheduler on a busy machine answers late."""
LOST = "The workers of this song ended while they transcribed it; there may be too little memory."


def run_on_cluster(tasks: Iterable[Task], scheduler: str, work: Any = run_task) -> Iterator[Row]:
    """Yield the rows as songs are done, in any order.

    Args:
        tasks: what to do; taken as workers become free.
        scheduler: address of the scheduler, such as ``tcp://host:8786``.
        work: what a worker does with a task.

    Raises:
        PluginError: dask.distributed is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as e:
        raise PluginError(
            f"A cluster needs the package distributed: {pip_install('dawscribe[cluster]')}",
            code="package-missing-distributed",
        ) from e
    try:
        client: Any = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as e:
        raise PluginError(
            f"No scheduler answers at {scheduler}; check the address, or leave --scheduler out.",
            code="cluster-unreachable",
        ) from e
    with client:
        waiting = iter(tasks)
        asked: dict[Any, list[Task]] = {}
        alone: list[Task] = []
        bundle = 1

        def submit(count: int) -> list[Any]:
            bundles = [[alone.pop()] for _ in range(len(alone))]
            bundles += [some for _ in range(count - len(bundles)) if (some := list(islice(waiting, bundle)))]
            # Not pure: a song that changed must be done again although its arguments look the same.
            futures = client.map(partial(timed, work), bundles, pure=False, retries=RETRIES) if bundles else []
            asked.update({future.key: some for future, some in zip(futures, bundles, strict=True)})
            return list(futures)

        threads = sum(client.nthreads().values()) or 1
        done = as_completed(submit(AHEAD * threads), loop=client.loop)
        for batch in done.batches():
            found: dict[str, Row] = {}
            for rows, took_s in client.gather(batch, errors="skip"):
                found |= {row.path: row for row in rows}
                bundle = bundle_of(took_s / len(rows))
            answered = [asked.pop(future.key) for future in batch]
            for some in answered:
                # One song may have ended the worker of all: each gets its own chance.
                alone += [task for task in some if task.path not in found and len(some) > 1]
            done.update(submit(len(batch)))
            for some in answered:
                for task in some:
                    if task.path in found or len(some) == 1:
                        yield found.get(task.path) or _lost(task)


def timed(work: Callable[[Task], Row], tasks: Sequence[Task]) -> tuple[list[Row], float]:
    """Return the rows of a bundle of songs, and the seconds that they took; runs in a worker."""
    started = time.monotonic()
    return [work(task) for task in tasks], time.monotonic() - started


def bundle_of(seconds: float) -> int:
    """Return how many songs of so many seconds make a task."""
    return max(1, min(MAX_BUNDLE, int(TASK_S / max(seconds, 1e-6))))


def _lost(task: Task) -> Row:
    return Row(task.path, task.stamp, "", task.engines, FAILED, error=LOST)
