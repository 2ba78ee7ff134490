"""Run tasks on a Dask cluster; the scheduler is the queue, and its dashboard shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from bridge.catalogue.table import FAILED, Row
from bridge.catalogue.task import Task, run_task
from bridge.errors import PluginError
from bridge.plugins.install_hint import pip_install

AHEAD = 4
"""Songs in the scheduler's hands per worker thread: none waits, and a million songs do not fill its memory."""
RETRIES = 1
"""How often the scheduler tries a song again whose worker raised."""
CONNECT_S = 20
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
        raise PluginError(f"A cluster needs the package distributed: {pip_install('dawscribe[cluster]')}") from e
    try:
        client: Any = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as e:
        raise PluginError(f"No scheduler answers at {scheduler}; check the address, or leave --scheduler out.") from e
    with client:
        waiting = iter(tasks)
        asked: dict[Any, Task] = {}

        def submit(count: int) -> list[Any]:
            futures = []
            for task in islice(waiting, count):
                # Not pure: a song that changed must be done again although its arguments look the same.
                future = client.submit(work, task, pure=False, retries=RETRIES)
                asked[future.key] = task
                futures.append(future)
            return futures

        threads = sum(client.nthreads().values()) or 1
        done = as_completed(submit(AHEAD * threads), loop=client.loop)
        for future in done:
            task = asked.pop(future.key)
            yield future.result() if future.status == "finished" else _lost(task)
            future.release()
            done.update(submit(1))


def _lost(task: Task) -> Row:
    return Row(task.path, task.stamp, "", task.engines, FAILED, error=LOST)
