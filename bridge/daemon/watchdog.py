"""End the daemon when its loop stands still.

What then starts it anew goes on with the same jobs.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import threading

MAX_STILL_S = 30.0
"""A loop that has not turned for so long does not come back; DAW scripts call the daemon dead after 6 s."""
TICK_S = 1.0
"""Between two looks. They are counted, not timed: a machine that slept has missed none."""
FAULT = 1
"""Exit status after which a service starts the daemon anew."""
log = logging.getLogger("dawscribe.daemon")


class Watchdog:
    """A thread that looks whether the event loop still turns.

    Args:
        limit_s: ends the process after so many seconds without a turn.
        tick_s: between two looks.
    """

    def __init__(self, limit_s: float = MAX_STILL_S, tick_s: float = TICK_S) -> None:
        self._limit, self._tick_s = round(limit_s / tick_s), tick_s
        self._turns = 0
        self._closed = threading.Event()

    async def run(self) -> None:
        """Let the loop be watched until the task is cancelled."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        try:
            while True:
                self._turns += 1
                await asyncio.sleep(self._tick_s / 2)
        finally:
            self._closed.set()

    def _watch(self) -> None:
        seen, missed = -1, 0
        while not self._closed.wait(self._tick_s):
            seen, missed = (self._turns, 0) if self._turns != seen else (seen, missed + 1)
            if missed >= self._limit:
                log.critical("the event loop has stood still for %d looks; the daemon ends", missed)
                faulthandler.dump_traceback()
                os._exit(FAULT)
