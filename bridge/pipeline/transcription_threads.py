"""Transcribe the sources of an item beside its separation: a thread per transcriber call, which take turns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType

from bridge.errors import JobCancelled
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.pipeline.live_stem import StemFeed
from bridge.plugins.interfaces import Progress

POLL_S = 0.1
"""Between two checks of the threads: a cancel is noticed as soon, and progress ten times a second looks smooth."""
OnNotes = Callable[[str, Sequence[Note]], None]


class ThreadProgress:
    """The progress of one call.

    Its fraction is read by the thread that shows it.

    Args:
        stopped: set when the job is over.
        on_notes: takes the notes that were heard.
    """

    def __init__(self, stopped: threading.Event, on_notes: OnNotes) -> None:
        self._stopped, self._on_notes = stopped, on_notes
        self.done = 0.0

    def fraction(self, fraction: float) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""
        self.done = fraction
        if self._stopped.is_set():
            raise JobCancelled

    def notes(self, part_id: str, notes: Sequence[Note]) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""
        self._on_notes(part_id, notes)
        if self._stopped.is_set():
            raise JobCancelled


class TranscriptionThreads:
    """The transcriptions under way of one item.

    As a context it leaves no thread behind.

    Args:
        feed: where the stems are; its slots are what the threads take.
        on_notes: takes the notes of a part as they are heard, for the live preview.
    """

    def __init__(self, feed: StemFeed, on_notes: OnNotes) -> None:
        self._feed, self._on_notes, self._stopped = feed, on_notes, threading.Event()
        self._threads: list[threading.Thread] = []
        self._progress: list[ThreadProgress] = []
        self._transcriptions: dict[int, Transcription] = {}
        self._failures: list[BaseException] = []

    def start(self, name: str, engine: str, task: Callable[[Progress], Transcription]) -> None:
        """Run ``task`` in a thread.

        Tasks of one engine take turns.
        """
        number, progress = len(self._threads), ThreadProgress(self._stopped, self._on_notes)

        def run() -> None:
            try:
                with self._feed.slots.slot(engine):
                    self._transcriptions[number] = task(progress)
                    progress.done = 1.0
            except BaseException as e:
                self._failures.append(e)

        self._progress.append(progress)
        self._threads.append(threading.Thread(target=run, name=f"transcribe {name}"))
        self._threads[-1].start()

    def check(self) -> None:
        """Raise what a thread has failed with."""
        if self._failures:
            raise self._failures[0]

    def finish(self, progress: Progress) -> list[Transcription]:
        """Wait for all.

        The transcriptions in the order of their start.
        """
        for thread in self._threads:
            while thread.is_alive():
                thread.join(POLL_S)
                self.check()
                progress.fraction(sum(p.done for p in self._progress) / len(self._progress))
        self.check()
        return [self._transcriptions[number] for number in range(len(self._threads))]

    def __enter__(self) -> TranscriptionThreads:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._feed.stop()
        for thread in self._threads:
            thread.join()
