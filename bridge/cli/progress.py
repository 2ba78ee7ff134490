"""A progress bar with stage and remaining time.

Quiet when standard error is not a terminal.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO

from bridge.errors import JobCancelled
from bridge.inference.speed import Estimate

WIDTH = 18
"""Characters of the bar: with the stage, the time and the notes it fits a terminal of 80."""
STAGES = {"read": "reading", "separate": "separating", "transcribe": "listening", "score": "arranging"}
WORTH_SAYING_S = 10.0
"""Seconds from which on an estimate is said also where nobody watches a bar."""
REDRAW_S = 0.1
"""Seconds between drawings; ten a second look smooth and cost nothing."""


class Progress:
    """Draws one line for one job.

    Its :meth:`report` is the job's stop point too.
    """

    def __init__(self, name: str, stopped: threading.Event, stream: TextIO | None = None) -> None:
        self._name, self._stopped = name, stopped
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._started = time.monotonic()
        self._drawn_s = 0.0
        self._notes = 0

    def count(self, notes: int) -> None:
        """Show from now on how many notes were heard so far."""
        self._notes = notes

    def forecast(self, estimate: Estimate) -> None:
        """Say once, on a line of its own, what the item will take; nothing where that is over in a moment."""
        if self._shown or estimate.seconds >= WORTH_SAYING_S:
            self._stream.write(f"{self._name[:40]}: {estimate.words}.\n")

    def report(self, stage: str, fraction: float) -> None:
        """Show ``fraction`` (0..1 of the whole job).

        Raises:
            JobCancelled: the user wants to stop.
        """
        if self._stopped.is_set():
            raise JobCancelled
        now = time.monotonic()
        if self._shown and now - self._drawn_s >= REDRAW_S:
            self._drawn_s = now
            filled = round(WIDTH * fraction)
            bar = "#" * filled + "." * (WIDTH - filled)
            line = f"{self._name[:20]} {STAGES.get(stage, stage):10} [{bar}] {fraction:4.0%}"
            line += remaining(fraction, now - self._started)
            line += f", {self._notes} notes" if self._notes else ""
            self._stream.write("\r\x1b[K" + line)
            self._stream.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def remaining(fraction: float, elapsed_s: float) -> str:
    """The words ", 12 s left".

    Empty while too little is done to tell.
    """
    if fraction < 0.02:
        return ""
    left_s = elapsed_s * (1 - fraction) / fraction
    return f", {left_s:.0f} s left" if left_s < 90 else f", {left_s / 60:.0f} min left"
