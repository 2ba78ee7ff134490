"""The contracts of plugins, and the JobService that the daemon offers to triggers.

A plugin is one class that fits one of the Protocols below. It has a frozen dataclass ``Options`` (its settings, with
defaults; ``__post_init__`` raises ValueError for a value that makes no sense), a ``cache_version`` where it computes
sound or notes, and is made by ``cls(options, context)``. Further abilities are Protocols too and are found by
isinstance: whoever has the methods has the ability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from bridge.audio.recording import Array, Recording, Sound
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.spool.request import AudioSpan, Request
from bridge.spool.result import ItemResult
from bridge.spool.status import Status


@dataclass(frozen=True, slots=True)
class Context:
    """The application's loan to every plugin."""

    model: Callable[[str], Path]
    """Returns the verified file of a model by its name in the store; raises ModelError with the way to get it."""
    cache: Path
    """Folder for what may be computed again, such as compiled networks."""
    home: Path
    """dawscribe's home, ``~/.dawscribe`` unless moved."""
    device: str = "auto"
    """"auto", "cpu", "gpu", "cuda" or "mps"; a separator refuses what it cannot use, a transcriber may take the
    processor instead, which is quick enough for it."""
    settings: Mapping[str, Any] | None = None
    """All settings in force, for hosts that hand out instruments; engines use their Options alone."""


class Progress(Protocol):
    """Goes down with a job.

    Progress, live preview and stop point in one.

    Call one of its methods at least twice a second of work; both raise :class:`~bridge.errors.JobCancelled` when the
    job was cancelled.
    """

    def fraction(self, fraction: float) -> None:
        """Report how much of the work at hand is done, 0..1."""

    def notes(self, part_id: str, notes: Sequence[Note]) -> None:
        """Report provisional notes for the live preview.

        Only the returned transcription is final.
        """


@dataclass(frozen=True, slots=True)
class AudioSource:
    """A sound to transcribe: a stem, or the whole mix."""

    role: str
    """A stem, one of :data:`bridge.music.STEM_ROLES` or an outside separator's own, or :data:`bridge.music.MIX`."""
    audio: Sound
    """May still be growing: each read waits for its sound."""
    mix_rms: float
    """RMS of the whole mix, full scale 1: engines scale by it, so that leakage in a silent stem stays silent."""
    without: tuple[str, ...] = ()
    """Stems that a separator took out of it; what no stem holds, such as a bass, may still be in "other"."""


def only(sources: Mapping[str, AudioSource]) -> AudioSource:
    """Return the one source of a transcriber that is called once per source."""
    (source,) = sources.values()
    return source


@runtime_checkable
class Separator(Protocol):
    """Splits a mix into stems."""

    stems: tuple[str, ...]
    """Stems it can deliver."""
    device: str
    """Device that it computes on, for status and result, such as "CPU bf16 (OpenVINO)"."""

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Sequence[Array] | Array]:
        """Yield the stems ``roles`` piece by piece, each (roles, channels, samples) and final, as long as the mix.

        The pipeline writes the files, and lets transcribers hear what is there. It closes a generator that it does
        not exhaust.

        Raises:
            PluginError: a stem is wanted that it does not have, or it failed.
        """


@runtime_checkable
class Transcriber(Protocol):
    """Hears the notes in a source, or in several at once."""

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """Return one part or several, notes sorted, times in seconds from the start of the sources.

        It is called once per source of its plan; a class with ``joins_sources = True`` is called once with all of
        them, and with ``hears_mix = True`` too it gets the mix beside its stems. Read each source in pieces,
        from front to back: it may still be growing, and each read waits for its
        sound. Meanwhile the same object may be called for another source, so keep what belongs to a source in local
        variables; two calls never run at the same moment, they change over only where a source is read. Memory must
        not grow fast with length.
        """


@dataclass(frozen=True, slots=True)
class Activations:
    """The output of a network for the sources of one call, in a form that lies in a file."""

    facts: Mapping[str, Any]
    """Small JSON values that decoding needs, such as the source's name and length."""
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """The network's output, packed as the transcriber likes."""


@runtime_checkable
class ActivationTranscriber(Transcriber, Protocol):
    """A transcriber whose network and thresholds are apart, so that a threshold costs no network run.

    ``transcribe`` is ``decode`` of ``listen``.
    """

    decoding_options: ClassVar[tuple[str, ...]]
    """Names of the Options that do not shape the activations."""

    def listen(self, sources: Mapping[str, AudioSource], progress: Progress) -> Activations:
        """Run the network; arguments as of ``transcribe``."""

    @classmethod
    def decode(cls, activations: Activations, options: Any) -> Transcription:
        """Return the notes that the activations hold under ``options``; pure, and no network is loaded.

        Raises:
            ValueError: these are no activations of this transcriber.
        """


@runtime_checkable
class Host(Protocol):
    """Hands a finished result to a DAW."""

    inserts: bool
    """Return whether a script in the DAW will mark the job as inserted; its result is kept longer until then."""

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Write what the DAW's script needs into the job folder; returns the items, with what was added to them."""


@runtime_checkable
class ProjectWriter(Protocol):
    """Writes a DAW project from a result, without the DAW."""

    suffix: str
    """File suffix of a project, such as ".rpp"; "" where a project is a folder."""

    def check_project(self, target: Path, audio: Path) -> None:
        """Refuse, before a long transcription, a target that could not be written after it."""

    def write_project(self, item: ItemResult, span: AudioSpan, target: Path) -> Path:
        """Write a project of one item and return the file that the DAW opens."""


@runtime_checkable
class RemoteHost(Protocol):
    """Reaches a running DAW."""

    def request_selected(self, options: Mapping[str, Any]) -> None:
        """Ask the DAW to send its selection as a request; HostError where it cannot."""


@runtime_checkable
class Installable(Protocol):
    """Has scripts that live in the DAW."""

    def install(self, folder: Path | None) -> list[str]:
        """Install the scripts, in ``folder`` or where the DAW is found; returns lines that say what was done."""

    def uninstall(self, folder: Path | None) -> list[str]:
        """Remove the scripts.

        Returns lines that say what was done.
        """


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job as triggers see it."""

    id: str
    host: str
    name: str
    folder: Path
    status: Status


class JobService(Protocol):
    """The daemon as triggers and the review page see it."""

    async def submit(self, data: Mapping[str, Any]) -> str:
        """Accept a request (protocol 1) and return its id; InputError or StoreError says why not."""

    def cancel(self, job_id: str | None) -> list[str]:
        """Cancel a job, or with None the one that runs; returns the ids. InputError where there is none."""

    def jobs(self) -> list[JobReport]:
        """Return all jobs, oldest first."""

    def result(self, job_id: str) -> dict[str, Any]:
        """Return the newest result.json of a finished job.

        Raises:
            InputError: there is none.
        """

    async def revise(self, job_id: str, edits: Sequence[Mapping[str, Any]]) -> int:
        """Write the next revision of a result and return its number; InputError where the edits do not fit."""

    async def request_selected(self, host: str, options: Mapping[str, Any]) -> None:
        """Ask a running DAW for its selection.

        HostError or ConfigError where that is not possible.
        """

    def watch(self, on_change: Callable[[JobReport], None]) -> Callable[[], None]:
        """Call ``on_change`` in the event loop whenever a job's status changes; it must return at once.

        Returns:
            A function that ends the calls.
        """


@runtime_checkable
class Trigger(Protocol):
    """Receives commands and hands them to the daemon."""

    async def run(self, service: JobService) -> None:
        """Listen until cancelled.

        Raises:
            PluginError: something cannot be opened: the daemon says so and goes on.
        """
