"""Transcribing the stems of an item beside its separation: a thread a stem, which take turns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from bridge.errors import JobCancelled
from bridge.music.parts import Transcription
from bridge.pipeline.live_stem import Growth
from bridge.plugins.interfaces import Report

POLL_S = 0.1
"""Between two looks at the threads: a cancel is noticed as soon, and progress ten times a second looks smooth."""


class Hearing:
    """The transcriptions under way of one item. As a context it leaves no thread behind.

    Args:
        growth: where the stems are; its turns are what the threads take.
    """

    def __init__(self, growth: Growth) -> None:
        self._growth, self._stopped = growth, threading.Event()
        self._threads: list[threading.Thread] = []
        self._done: dict[str, float] = {}
        self._heard: dict[str, Transcription] = {}
        self._failures: list[BaseException] = []

    @property
    def started(self) -> bool:
        """Whether anything was."""
        return bool(self._threads)

    def start(self, role: str, engine: str, work: Callable[[Report], Transcription]) -> None:
        """Run ``work`` of an engine in a thread; the transcription of ``role`` is what it returns."""
        self._done[role] = 0.0
        thread = threading.Thread(target=self._run, args=(role, engine, work), name=f"hear {role}")
        self._threads.append(thread)
        thread.start()

    def check(self) -> None:
        """Raise what a thread has failed with."""
        if self._failures:
            raise self._failures[0]

    def finish(self, report: Report) -> dict[str, Transcription]:
        """Wait for all; transcriptions by role."""
        for thread in self._threads:
            while thread.is_alive():
                thread.join(POLL_S)
                self.check()
                report("transcribe", sum(self._done.values()) / len(self._done))
        self.check()
        return {role: self._heard[role] for role in self._done}

    def _run(self, role: str, engine: str, work: Callable[[Report], Transcription]) -> None:
        def report(_: str, fraction: float) -> None:
            self._done[role] = fraction
            if self._stopped.is_set():
                raise JobCancelled

        try:
            with self._growth.turn(engine):
                self._heard[role] = work(report)
                self._done[role] = 1.0
        except BaseException as e:
            self._failures.append(e)

    def __enter__(self) -> Hearing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._growth.stop()
        for thread in self._threads:
            thread.join()
