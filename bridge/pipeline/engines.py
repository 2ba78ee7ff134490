"""The engines of a process: made once, kept warm, and asked through the cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bridge.audio.recording import Recording
from bridge.config import Settings
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.pipeline.cache import Cache, content_key, derived_key, link
from bridge.pipeline.live_stem import Growth
from bridge.pipeline.options import RunOptions
from bridge.pipeline.stem_files import write_stems
from bridge.pipeline.transcription_threads import Hearing
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context, Report, Separator, Stem, StreamingSeparator, Transcriber

Begin = Callable[[Sequence[Stem]], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What holds for all items of a request."""

    options: RunOptions
    settings: Settings
    engines: Mapping[str, str]
    """The transcriber of each role that is wanted."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The stems of an item and what was heard in them, by role."""

    stems: tuple[Stem, ...]
    transcriptions: dict[str, Transcription]


class Engines:
    """Separators and transcribers by name.

    Args:
        context: what plugins are lent.
        cache: stems and notes of earlier runs, None to compute everything.
    """

    def __init__(self, context: Context, cache: Cache | None) -> None:
        self._context, self._cache = context, cache
        self._warm: dict[tuple[str, str], tuple[str, Any]] = {}
        """(kind, name) -> what the newest was made with, and the plugin; an older one would only keep its memory."""

    def separator(self, options: RunOptions, settings: Settings) -> Separator:
        """The separator that the options ask for."""
        separator: Separator = self._plugin(
            "separators", options.separator, _separator_table(options, settings), options.device, settings
        )
        return separator

    def transcriber(self, name: str, device: str, settings: Settings) -> Transcriber:
        """A transcriber by its name."""
        table = settings.table(f"transcribers.{name}")
        transcriber: Transcriber = self._plugin("transcribers", name, table, device, settings)
        return transcriber

    def hear(
        self,
        mix: Recording,
        run: Run,
        target: Path,
        report: Callable[[str], Report],
        tell: Callable[[str, Sequence[Note]], None] = lambda role, notes: None,
    ) -> Heard:
        """Separate and transcribe an item; what is separated is transcribed while the rest still is.

        Args:
            mix: the item's sound.
            run: what is wanted of it.
            target: folder for the stems.
            report: the report of a stage.
            tell: takes the notes of a role as they are heard, for those who watch.
        """
        separator = self.separator(run.options, run.settings)
        table = sorted(_separator_table(run.options, run.settings).items())
        key = ""
        if self._cache is not None:
            name = run.options.separator
            edition = plugins.edition("separators", name)
            key = derived_key(content_key(mix), name, edition, table, separator.device)
        growth = Growth()
        with Hearing(growth) as hearing:

            def begin(stems: Sequence[Stem]) -> None:
                for stem in stems:
                    if stem.role in run.engines:
                        known = replace(stem, tell=partial(tell, stem.role))
                        hearing.start(stem.role, run.engines[stem.role], partial(self._hear, known, key, run))

            def separating(stage: str, fraction: float) -> None:
                hearing.check()
                report("separate")(stage, fraction)

            stems = self._separate(separator, mix, list(run.engines), target, key, growth, begin, separating)
            growth.settle({s.role: s.audio for s in stems})
            if not hearing.started:
                begin(stems)
            return Heard(tuple(stems), hearing.finish(report("transcribe")))

    def _separate(
        self,
        separator: Separator,
        mix: Recording,
        wanted: Sequence[str],
        target: Path,
        key: str,
        growth: Growth,
        begin: Begin,
        report: Report,
    ) -> list[Stem]:
        """The wanted stems as files in ``target``, from the cache where the same sound was separated before."""

        def made(roles: Sequence[str], folder: Path) -> list[Stem]:
            if not isinstance(separator, StreamingSeparator):
                return separator.separate(mix, roles, folder, report)
            said = 0.0

            def told(stage: str, fraction: float) -> None:
                nonlocal said
                said = fraction
                report(stage, fraction)

            blocks = separator.stream(mix, roles, told)
            return write_stems(blocks, mix, roles, folder, growth, begin, lambda: report("separate", said))

        if self._cache is None:
            return made(wanted, target)
        found = self._cache.stems(key)
        if not set(wanted) <= set(found):
            # All stems: the network computes them together, and the next request may want the others.
            found = self._cache.add_stems(key, lambda folder: {s.role: s.audio for s in made(separator.stems, folder)})
        stems = []
        for role in wanted:
            link(found[role].path, target / f"{role}.wav")
            stems.append(Stem(role, replace(found[role], path=target / f"{role}.wav"), mix.rms))
        report("separate", 1.0)
        return stems

    def _hear(self, stem: Stem, stems_key: str, run: Run, report: Report) -> Transcription:
        """The notes of a stem, from the cache where they are known; a silent stem has none."""
        if stem.audio.is_silent:
            return Transcription.single(stem.role, ())
        name, device = run.engines[stem.role], run.options.device
        transcriber = partial(self.transcriber, name, device, run.settings)
        if self._cache is None:
            return transcriber().transcribe(stem, report)
        table = sorted(run.settings.table(f"transcribers.{name}").items())
        key = derived_key(stems_key, stem.role, name, plugins.edition("transcribers", name), table, device)
        known = self._cache.notes(key)
        if known is None:
            known = transcriber().transcribe(stem, report)
            self._cache.add_notes(key, known)
        return known

    def _plugin(self, kind: str, name: str, table: Mapping[str, Any], device: str, settings: Settings) -> Any:
        made_with = repr((sorted(table.items()), device))
        if self._warm.get((kind, name), ("",))[0] != made_with:
            self._warm.pop((kind, name), None)  # first: two large networks may be more than fits
            context = replace(self._context, device=device, settings=settings.values)
            self._warm[kind, name] = made_with, plugins.create(kind, name, table, context)
        return self._warm[kind, name][1]


def _separator_table(options: RunOptions, settings: Settings) -> dict[str, Any]:
    table = dict(settings.table(f"separators.{options.separator}"))
    if options.role is not None:
        table["role"] = options.role
    return table
