"""Let a few engines run at a time, and none of them twice.

Beside a network that runs on all cores more engines would hold up its threads, which wait for each other at every
layer: 4 minutes on two cores took 39 s that way and take 36.5 s this way. No engine runs in two threads at a time, so
it need not be safe for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_RUNNING = 2
"""Engines that run together: a third would wait for those that hear two stems."""


class EngineSlots:
    """The slots of one item's transcribers.

    Args:
        changed: the lock of everything that its holders wait for.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._running: set[str] = set()
        self._queued = 0
        """Threads that wait for a slot and for nothing else."""
        self._own = threading.local()

    @contextmanager
    def slot(self, engine: str) -> Iterator[None]:
        """Hold the engine's slot.

        Other stems of the same engine run only while this one waits for sound.
        """
        self._own.engine = engine
        with self._changed:
            self.acquire()
        try:
            yield
        finally:
            with self._changed:
                self.release()

    @property
    def is_idle(self) -> bool:
        """Return whether no engine runs or could run.

        Only under the lock.
        """
        return not self._running and not self._queued

    def acquire(self) -> None:
        """Take the slot of this thread's engine as soon as it is free; only under the lock."""
        engine: str = self._own.engine
        self._queued += 1
        self._changed.wait_for(lambda: engine not in self._running and len(self._running) < MAX_RUNNING)
        self._queued -= 1
        self._running.add(engine)

    def release(self) -> None:
        """Give the slot of this thread's engine back.

        Only under the lock.
        """
        self._running.remove(self._own.engine)
        self._changed.notify_all()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait without the slot until ``holds``.

        Only under the lock.
        """
        self.release()
        self._changed.wait_for(holds)
        self.acquire()
