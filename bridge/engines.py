"""The engines of a process: made once, kept warm, and asked through the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge import __version__, plugins
from bridge.audio import Recording
from bridge.cache import Cache, content_key, derived_key, link
from bridge.config import Settings
from bridge.interfaces import Context, Report, Separator, Stem, Transcriber
from bridge.music import Transcription
from bridge.options import RunOptions


@dataclass(frozen=True, slots=True)
class Separated:
    """The stems of an item, and the key under which what is derived from them may be kept."""

    stems: tuple[Stem, ...]
    key: str = ""
    """Empty without a cache."""


class Engines:
    """Separators and transcribers by name.

    Args:
        context: what plugins are lent.
        cache: stems and notes of earlier runs, None to compute everything.
    """

    def __init__(self, context: Context, cache: Cache | None) -> None:
        self._context, self._cache = context, cache
        self._warm: dict[tuple[object, ...], Any] = {}

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

    def separate(
        self,
        mix: Recording,
        wanted: Sequence[str],
        target: Path,
        options: RunOptions,
        settings: Settings,
        report: Report,
    ) -> Separated:
        """The wanted stems as files in ``target``, from the cache where the same sound was separated before."""
        separator = self.separator(options, settings)
        if self._cache is None:
            return Separated(tuple(separator.separate(mix, wanted, target, report)))
        table = _separator_table(options, settings)
        key = derived_key(content_key(mix), __version__, options.separator, sorted(table.items()), separator.device)
        found = self._cache.stems(key)
        if not set(wanted) <= set(found):

            def make(folder: Path) -> dict[str, Recording]:
                # All stems: the network computes them together, and the next request may want the others.
                return {s.role: s.audio for s in separator.separate(mix, separator.stems, folder, report)}

            found = self._cache.add_stems(key, make)
        stems = []
        for role in wanted:
            link(found[role].path, target / f"{role}.wav")
            stems.append(Stem(role, replace(found[role], path=target / f"{role}.wav"), mix.rms))
        report("separate", 1.0)
        return Separated(tuple(stems), key)

    def hear(
        self, separated: Separated, engines: Mapping[str, str], device: str, settings: Settings, report: Report
    ) -> dict[str, Transcription]:
        """The transcription of every stem by role; a silent stem has no notes."""
        heard: dict[str, Transcription] = {}
        count = len(separated.stems)
        for number, stem in enumerate(separated.stems):

            def part(stage: str, fraction: float, done: int = number) -> None:
                report(stage, (done + fraction) / count)

            part("transcribe", 0.0)
            heard[stem.role] = self._heard(stem, separated.key, engines[stem.role], device, settings, part)
        return heard

    def _heard(
        self, stem: Stem, stems_key: str, name: str, device: str, settings: Settings, report: Report
    ) -> Transcription:
        if stem.audio.is_silent:
            return Transcription()
        table = settings.table(f"transcribers.{name}")
        key = derived_key(stems_key, stem.role, name, sorted(table.items()), device)
        known = self._cache.notes(key) if self._cache and stems_key else None
        if known is None:
            known = self.transcriber(name, device, settings).transcribe(stem, report)
            if self._cache and stems_key:
                self._cache.add_notes(key, known)
        return known

    def _plugin(self, kind: str, name: str, table: Mapping[str, Any], device: str, settings: Settings) -> Any:
        key = (kind, name, repr(sorted(table.items())), device)
        if key not in self._warm:
            context = replace(self._context, device=device, settings=settings.values)
            self._warm[key] = plugins.create(kind, name, table, context)
        return self._warm[key]


def _separator_table(options: RunOptions, settings: Settings) -> dict[str, Any]:
    table = dict(settings.table(f"separators.{options.separator}"))
    if options.role is not None:
        table["role"] = options.role
    return table
