"""Run tasks on worker processes of this machine.

A process that dies takes one song with it: the song is tried once more in a new process, then it failed.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict

import psutil

from bridge.catalogue.table import FAILED, Row
from bridge.catalogue.task import Task
from bridge.spool.launcher import program

WORKER_BYTES = 1_400_000_000
"""Memory of a worker at most: 1.2 GB were measured on songs of any length, and some is left for the rest."""
CORES_PER_WORKER = 2
"""A network keeps about two cores busy; more workers than that slow each other down."""
MAX_ATTEMPTS = 2
"""A song whose worker died is tried once more; a second death means that the song is the reason."""
ENDED = "The worker process ended while it transcribed this song, twice; there may be too little memory."


def fitting_workers() -> int:
    """Return how many workers this machine's memory and cores hold, at least one."""
    by_memory = psutil.virtual_memory().available // WORKER_BYTES
    by_cores = (os.cpu_count() or 1) // CORES_PER_WORKER
    return max(1, min(int(by_memory), by_cores))


def run_locally(tasks: Iterable[Task], workers: int, command: Iterable[str] | None = None) -> Iterator[Row]:
    """Yield the rows as songs are done, in any order.

    Args:
        tasks: what to do; taken one by one, so that it may be long.
        workers: number of processes.
        command: the program of a worker; ours where None.
    """
    words = list(command) if command is not None else worker_command()
    waiting = iter(tasks)
    lock, starting, rows = threading.Lock(), threading.Lock(), queue.SimpleQueue[Row | None]()
    stopped = threading.Event()
    processes: list[subprocess.Popen[str]] = []

    def take() -> Task | None:
        with lock:
            return None if stopped.is_set() else next(waiting, None)

    def start() -> subprocess.Popen[str] | None:
        # Not beside the end, which would not know of the new process.
        with starting:
            return None if stopped.is_set() else _start(words, processes)

    def serve() -> None:
        process: subprocess.Popen[str] | None = None
        try:
            while (task := take()) is not None:
                for _ in range(MAX_ATTEMPTS):
                    if process is None or process.poll() is not None:
                        process = start()
                    if process is None:
                        return
                    answer = _ask(process, task)
                    if answer is not None or stopped.is_set():
                        break
                    _end(process)
                    process = None
                if not stopped.is_set():
                    rows.put(answer or Row(task.path, task.stamp, "", task.engines, FAILED, error=ENDED))
        finally:
            rows.put(None)

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(workers)]
    try:
        for thread in threads:
            thread.start()
        running = workers
        while running:
            row = rows.get()
            if row is None:
                running -= 1
            else:
                yield row
    finally:
        with starting:
            stopped.set()
        for process in processes:
            _end(process)


def worker_command() -> list[str]:
    """Return the command of a worker.

    The current folder is no place for its modules.
    """
    return program("catalogue-worker")


def _start(words: list[str], processes: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    processes.append(process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    """Kill a process and close its pipes; what it had not answered is lost."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _ask(process: subprocess.Popen[str], task: Task) -> Row | None:
    """Return the worker's answer, None where it died."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(json.dumps(asdict(task)) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        return Row(**json.loads(line)) if line.endswith("\n") else None
    except (OSError, ValueError, TypeError):
        return None
