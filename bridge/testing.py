"""Small real implementations of every contract, for tests of ours and of plugin authors.

They are quick and need no model; the same contract tests run over them and over the real plugins.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bridge.audio.recording import Array, Recording
from bridge.errors import HostError, PluginError
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.pipeline.stem_files import write_stems
from bridge.plugins.interfaces import Context, Desk, Report, Stem
from bridge.spool.request import Request
from bridge.spool.result import ItemResult

STEP_S = 0.05
"""Between two reports of a fake that takes its time."""


class FakeSeparator:
    """Splits a mix into equal quarters of its level: the stems sum to the mix exactly."""

    stems = ("drums", "bass", "vocals", "other")
    device = "fake"

    @dataclass(frozen=True, slots=True)
    class Options:
        """What goes wrong or takes long."""

        seconds: float = 0.0
        """Time to take, with reports on the way."""
        deaf_s: float = 0.0
        """Time to take without a report, as native code does."""
        crash: bool = False
        """End the process as a fault in native code does."""
        error: str = ""
        """Raise a PluginError with this text."""
        crash_on: str = ""
        """Crash only when a file of this path is there; it is removed first."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options

    def separate(self, mix: Recording, wanted: Sequence[str], folder: Path, report: Report) -> list[Stem]:
        """See :class:`bridge.plugins.interfaces.Separator`."""
        return write_stems(self.stream(mix, wanted, report), mix, wanted, folder)

    def stream(self, mix: Recording, wanted: Sequence[str], report: Report) -> Generator[Array, None, None]:
        """See :class:`bridge.plugins.interfaces.StreamingSeparator`; half the sound comes before the wait."""
        options = self._options
        if options.error:
            raise PluginError(options.error)
        if options.crash:
            os.abort()
        if options.crash_on and Path(options.crash_on).exists():
            Path(options.crash_on).unlink()
            os.abort()
        time.sleep(options.deaf_s)
        half = mix.frames // 2
        yield self._stems(mix.read(0, half), len(wanted))
        steps = max(1, round(options.seconds / STEP_S))
        for step in range(steps):
            report("separate", step / steps)
            time.sleep(options.seconds / steps)
        yield self._stems(mix.read(half), len(wanted))
        report("separate", 1.0)

    def _stems(self, audio: Array, count: int) -> Array:
        return np.broadcast_to(audio / np.float32(len(self.stems)), (count, *audio.shape))


class FakeTranscriber:
    """Hears one note per half second that is not silent."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """What it hears."""

        pitch: int = 60

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options

    def transcribe(self, stem: Stem, report: Report) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`."""
        count = max(1, int(stem.audio.length_s * 2))
        step_s = stem.audio.length_s / count
        pitch = 36 if stem.role == "drums" else self._options.pitch
        notes: list[Note] = []
        for i in range(count):
            report("transcribe", i / count)
            if stem.audio.mono(stem.audio.rate, i * step_s, step_s).any():
                notes.append(Note(i * step_s, (i + 0.9) * step_s, pitch, 80))
                stem.tell(notes[-1:])
        report("transcribe", 1.0)
        return Transcription.single(stem.role, notes)


class FakeHost:
    """Writes the number of notes to a text file, as the smallest thing a DAW could read."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """Whether the DAW answers."""

        running: bool = True

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self.asked: list[Mapping[str, Any]] = []

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """See :class:`bridge.plugins.interfaces.Host`."""
        delivered = []
        for number, item in enumerate(items):
            count = sum(len(p.notes) for p in item.score.parts)
            (folder / f"fake-{number}.txt").write_text(f"{count}\n", encoding="utf-8")
            delivered.append(replace(item, extra={**item.extra, "note_count": count}))
        return delivered

    def request_selected(self, options: Mapping[str, Any]) -> None:
        """See :class:`bridge.plugins.interfaces.Host`."""
        if not self._options.running:
            raise HostError("The fake DAW is not running; start it and try again.")
        self.asked.append(dict(options))


class FakeTrigger:
    """Submits the requests it was made with, once."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """What it asks for."""

        enabled: bool = True
        requests: tuple[Mapping[str, Any], ...] = ()

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self.accepted: list[str] = []

    async def run(self, desk: Desk) -> None:
        """See :class:`bridge.plugins.interfaces.Trigger`."""
        for request in self._options.requests:
            self.accepted.append(await desk.submit(request))
