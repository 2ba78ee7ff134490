"""The contracts of plugins: four Protocols, and the Desk that the daemon offers.

A plugin is one class that fits one of them. It has a frozen dataclass ``Options`` (its settings, with
defaults) and is made by ``cls(options, context)``. ``report(stage, fraction)`` is progress and stop point in
one: it raises :class:`~bridge.errors.JobCancelled` when the job was cancelled, so call it at least twice a
second of work.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from bridge.audio.recording import Array, Recording
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.spool.request import Request
from bridge.spool.result import ItemResult
from bridge.spool.status import Status

Report = Callable[[str, float], None]
Tell = Callable[[Sequence[Note]], None]


@dataclass(frozen=True, slots=True)
class Context:
    """What the application lends to every plugin."""

    model: Callable[[str], Path]
    """The verified file of a model by its name in the store; raises ModelError with the way to get it."""
    cache: Path
    """Folder for what may be computed again, such as compiled networks."""
    home: Path
    """dawscribe's home, ``~/.dawscribe`` unless moved."""
    device: str = "auto"
    """"auto", "cpu", "gpu", "cuda" or "mps"; a separator refuses what it cannot use, a transcriber may take the
    processor instead, which is quick enough for it."""
    settings: Mapping[str, Any] | None = None
    """All settings in force, for hosts that hand out instruments; engines use their Options alone."""


@dataclass(frozen=True, slots=True)
class Stem:
    """One separated source of an item."""

    role: str
    """One of :data:`bridge.music.notes.STEM_ROLES`."""
    audio: Recording
    mix_rms: float
    """RMS of the whole mix, full scale 1: engines scale by it, so that leakage in a silent stem stays silent."""
    tell: Tell = field(default=lambda notes: None, compare=False)
    """For engines that go through a stem in pieces: the notes of each piece, for those who watch; the end decides."""


@runtime_checkable
class Separator(Protocol):
    """Splits a mix into stems."""

    stems: tuple[str, ...]
    """Roles it can deliver."""
    device: str
    """What it computes on, for status and result, such as "CPU bf16 (OpenVINO)"."""

    def separate(self, mix: Recording, wanted: Sequence[str], folder: Path, report: Report) -> list[Stem]:
        """Write the ``wanted`` stems as float WAV to ``folder``, as long as the mix, and return them in order."""


@runtime_checkable
class StreamingSeparator(Separator, Protocol):
    """One that hands the stems over as it goes: they are transcribed while it works on the rest."""

    def stream(self, mix: Recording, wanted: Sequence[str], report: Report) -> Generator[Array, None, None]:
        """The ``wanted`` stems piece by piece, each (stems, channels, samples) and final, as long as the mix in all."""


@runtime_checkable
class Transcriber(Protocol):
    """Hears the notes in a stem."""

    def transcribe(self, stem: Stem, report: Report) -> Transcription:
        """The stem's notes, sorted, times in seconds from the stem's start. Memory must not grow fast with length.

        Read the stem in pieces, from front to back: it may still be growing, and each read waits for its sound.
        Meanwhile the same object may be asked for another stem, so keep what belongs to a stem in local variables;
        two calls never run at the same moment, they change over only where a stem is read.
        """


@runtime_checkable
class Host(Protocol):
    """Hands a finished result to a DAW, or reaches a running one."""

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Write what the DAW's script needs into the job folder; the items, with what was added to them."""

    def request_selected(self, options: Mapping[str, Any]) -> None:
        """Ask the running DAW to send its selection as a request; HostError where it cannot."""


class Desk(Protocol):
    """What the daemon offers to triggers."""

    async def submit(self, data: Mapping[str, Any]) -> str:
        """Accept a request (protocol 1); its id. InputError or StoreError with the sentence for the sender."""

    def cancel(self, job_id: str | None) -> list[str]:
        """Cancel a job, or with None the one that runs; the ids. InputError where there is none."""

    def jobs(self) -> list[JobReport]:
        """All jobs, oldest first."""

    async def request_selected(self, host: str, options: Mapping[str, Any]) -> None:
        """Ask a running DAW for its selection; HostError or ConfigError where that is not possible."""

    def watch(self, listener: Callable[[JobReport], None]) -> None:
        """Call ``listener`` in the event loop whenever a job's status changes; it must return at once."""


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job as triggers see it."""

    id: str
    host: str
    name: str
    folder: Path
    status: Status


@runtime_checkable
class Trigger(Protocol):
    """Receives commands and hands them to the daemon's desk."""

    async def run(self, desk: Desk) -> None:
        """Listen until cancelled. What cannot be opened is a PluginError: the daemon goes on without it and says so."""
