"""Small real implementations of every contract, for tests of ours and of plugin authors.

They are quick and need no model; the same contract tests run over them and over the real plugins.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bridge.audio.recording import Array, Recording
from bridge.errors import HostError, PluginError
from bridge.music.general_midi import Instrument
from bridge.music.notes import Note
from bridge.music.parts import Candidate, Part, Transcription
from bridge.plugins.interfaces import Activations, AudioSource, Context, JobService, Progress, only
from bridge.spool.request import Request
from bridge.spool.result import ItemResult

STEP_S = 0.05
"""Between two reports of a fake that takes its time."""


class FakeSeparator:
    """Splits a mix into equal quarters of its level: the stems sum to the mix exactly."""

    stems: tuple[str, ...] = ("drums", "bass", "vocals", "other")
    device = "fake"
    cache_version = "1"

    @dataclass(frozen=True, slots=True)
    class Options:
        """Faults and delays."""

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

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Array]:
        """See :class:`bridge.plugins.interfaces.Separator`.

        The first half of the sound comes before the wait.
        """
        options = self._options
        if options.error:
            raise PluginError(options.error, code="fake-failure")
        if options.crash:
            os.abort()
        if options.crash_on and Path(options.crash_on).exists():
            Path(options.crash_on).unlink()
            os.abort()
        time.sleep(options.deaf_s)
        half = mix.frames // 2
        yield self._stems(mix.read(0, half), len(roles))
        steps = max(1, round(options.seconds / STEP_S))
        for step in range(steps):
            progress.fraction(step / steps)
            time.sleep(options.seconds / steps)
        yield self._stems(mix.read(half), len(roles))
        progress.fraction(1.0)

    def _stems(self, audio: Array, count: int) -> Array:
        return np.broadcast_to(audio / np.float32(len(self.stems)), (count, *audio.shape))


class FakeTranscriber:
    """Hears one note per half second that is not silent."""

    cache_version = "1"

    @dataclass(frozen=True, slots=True)
    class Options:
        """Its notes and its delay."""

        pitch: int = 60
        waits_while: str = ""
        """Wait, with reports, as long as a file of this path is there."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`."""
        source = only(sources)
        while self._options.waits_while and Path(self._options.waits_while).exists():
            progress.fraction(0.0)
            time.sleep(STEP_S)
        count = max(1, int(source.audio.length_s * 2))
        step_s = source.audio.length_s / count
        pitch = 36 if source.role == "drums" else self._options.pitch
        notes: list[Note] = []
        for i in range(count):
            progress.fraction(i / count)
            if source.audio.mono(source.audio.rate, i * step_s, step_s).any():
                notes.append(Note(i * step_s, (i + 0.9) * step_s, pitch, 80))
                progress.notes(source.role, notes[-1:])
        progress.fraction(1.0)
        return Transcription.single(source.role, notes)


class FakeBandTranscriber:
    """Hears all its sources at once, and in each two instruments, a fifth apart; thresholds are apart from hearing."""

    cache_version = "1"
    joins_sources = True
    decoding_options = ("loudest",)

    @dataclass(frozen=True, slots=True)
    class Options:
        """Its notes."""

        pitch: int = 60
        loudest: bool = True
        """Off leaves the upper instrument among the candidates."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`."""
        return self.decode(self.listen(sources, progress), self._options)

    def listen(self, sources: Mapping[str, AudioSource], progress: Progress) -> Activations:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        facts: dict[str, Any] = {"pitch": self._options.pitch, "seconds": {}}
        blobs = {}
        for number, (name, source) in enumerate(sources.items()):
            progress.fraction(number / len(sources))
            facts["seconds"][name] = source.audio.length_s
            blobs[name] = bytes([int(not source.audio.is_silent)])
            progress.notes(f"{name}/low", [Note(0.0, source.audio.length_s, self._options.pitch, 80)])
        return Activations(facts, blobs)

    @classmethod
    def decode(cls, activations: Activations, options: Options) -> Transcription:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        parts = []
        try:
            for name, seconds in activations.facts["seconds"].items():
                if not activations.blobs[name][0]:
                    continue
                pitch = int(activations.facts["pitch"])
                low, high = (Note(0.0, float(seconds), p, 80, 0.9) for p in (pitch, pitch + 7))
                parts.append(Part(f"{name}/low", name, Instrument("Low", 32, "bass"), (low,)))
                kept = (high,) if options.loudest else ()
                left_out = () if options.loudest else (Candidate(high, "below_threshold"),)
                parts.append(Part(f"{name}/high", name, Instrument("High", 48, "strings"), kept, (), left_out))
        except (KeyError, TypeError, IndexError) as e:
            raise ValueError("these are no activations of the fake band") from e
        return Transcription(tuple(parts))


class RecordingProgress:
    """Keeps what it is told, for tests.

    Fails where it is told to.
    """

    def __init__(self, error: BaseException | None = None) -> None:
        self._error = error
        self.fractions: list[float] = []
        self.heard: dict[str, list[Note]] = {}

    def fraction(self, fraction: float) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""
        self.fractions.append(fraction)
        if self._error is not None:
            raise self._error

    def notes(self, part_id: str, notes: Sequence[Note]) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""
        self.heard.setdefault(part_id, []).extend(notes)
        if self._error is not None:
            raise self._error


class FakeHost:
    """Writes the number of notes to a text file, as the smallest thing a DAW could read."""

    inserts = True

    @dataclass(frozen=True, slots=True)
    class Options:
        """The DAW's state."""

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
        """See :class:`bridge.plugins.interfaces.RemoteHost`."""
        if not self._options.running:
            raise HostError("The fake DAW is not running; start it and try again.", code="host-silent")
        self.asked.append(dict(options))


class FakeTrigger:
    """Submits the requests it was made with, once."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """Its requests."""

        enabled: bool = True
        requests: tuple[Mapping[str, Any], ...] = ()

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self.accepted: list[str] = []

    async def run(self, service: JobService) -> None:
        """See :class:`bridge.plugins.interfaces.Trigger`."""
        for request in self._options.requests:
            self.accepted.append(await service.submit(request))
