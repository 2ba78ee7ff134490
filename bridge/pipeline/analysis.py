"""Separate an item and transcribe it.

What is separated is transcribed while the rest still is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bridge.audio.recording import Array, Recording, Sound
from bridge.config import Settings
from bridge.music.notes import MIX, Note
from bridge.music.parts import Part, Transcription
from bridge.pipeline.cache import Cache, content_key, derived_key, link
from bridge.pipeline.engines import Engines, separator_table
from bridge.pipeline.hearing_plan import Call, HearingPlan, with_own_ids
from bridge.pipeline.live_stem import StemFeed
from bridge.pipeline.options import JobOptions
from bridge.pipeline.stages import StageProgress, Stages
from bridge.pipeline.stem_files import StemSink
from bridge.pipeline.transcription_threads import TranscriptionThreads
from bridge.plugins import registry
from bridge.plugins.interfaces import Activations, ActivationTranscriber, AudioSource, Progress, Separator, Transcriber


@dataclass(frozen=True, slots=True)
class Analysis:
    """The stems of an item and what was heard in all of its sources."""

    stems: dict[str, Recording]
    transcriptions: tuple[Transcription, ...]
    """In the order of the plan's calls."""
    activations: Mapping[Call, Path]
    """Files of what the networks said, of the calls that keep it."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return all parts."""
        return tuple(part for t in self.transcriptions for part in t.parts)

    @property
    def warnings(self) -> list[str]:
        """Return the sentences of all transcribers."""
        return [w for t in self.transcriptions for w in t.warnings]


class Analyser:
    """Analyses the items of one request.

    Args:
        engines: separators and transcribers.
        cache: of earlier runs, None to compute everything.
        plan: what is heard by whom.
        options: of the request.
        settings: settings in force.
    """

    def __init__(
        self, engines: Engines, cache: Cache | None, plan: HearingPlan, options: JobOptions, settings: Settings
    ) -> None:
        self._engines, self._cache, self._plan = engines, cache, plan
        self._options, self.settings = options, settings
        joining = [n for n in plan.names if getattr(self._transcriber(n), "joins_sources", False)]
        with_mix = [n for n in joining if getattr(self._transcriber(n), "hears_mix", False)]
        self._calls = plan.calls(joining, with_mix)

    def analyse(self, mix: Recording, target: Path, stages: Stages) -> Analysis:
        """Return the stems, as files in ``target``, and the transcriptions of an item.

        Args:
            mix: the item's sound.
            target: folder for the stems.
            stages: takes the progress.
        """
        sound_key = content_key(mix) if self._cache is not None else ""
        key = self._stems_key(sound_key) if self._plan.separated else sound_key
        feed = StemFeed()
        with TranscriptionThreads(feed, stages.on_notes) as threads:
            start = partial(self._start, threads, mix, key)
            progress = SeparationProgress(stages.progress("separate"), threads.check)
            stems = self._cached_stems(key, target)
            if stems is None:
                stems = self._separate(mix, key, target, feed, start, progress)
            else:
                start(stems)
            feed.settle(stems)
            progress.fraction(1.0)
            heard = zip(self._calls, threads.finish(stages.progress("transcribe")), strict=True)
            transcriptions = (replace(t, parts=with_own_ids(t.parts, c.transcriber, c.shared)) for c, t in heard)
            return Analysis(stems, tuple(transcriptions), self._activation_files(key))

    def _cached_stems(self, key: str, target: Path) -> dict[str, Recording] | None:
        """Return the stems of an earlier run in ``target``, None where they must be separated."""
        if not self._plan.separated:
            return {}
        known = self._cache.stems(key) if self._cache is not None else {}
        return self._linked(known, target) if set(self._plan.separated) <= set(known) else None

    def _separate(
        self,
        mix: Recording,
        key: str,
        target: Path,
        feed: StemFeed,
        start: Callable[[Mapping[str, Sound]], None],
        progress: SeparationProgress,
    ) -> dict[str, Recording]:
        separator = self._engines.separator(self._options, self.settings)
        if self._cache is None:
            return self._write_stems(separator, mix, self._plan.separated, target, feed, start, progress)
        draft = self._cache.stem_draft(key)
        try:
            # All stems: the network computes them together, and the next request may want the others.
            stems = self._write_stems(separator, mix, separator.stems, draft, feed, start, progress)
            return self._linked(self._cache.keep_stems(key, draft, stems), target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _write_stems(
        self,
        separator: Separator,
        mix: Recording,
        stems: Sequence[str],
        folder: Path,
        feed: StemFeed,
        start: Callable[[Mapping[str, Sound]], None],
        progress: SeparationProgress,
    ) -> dict[str, Recording]:
        with StemSink(stems, mix, folder, feed) as sink:
            start(sink.stems)
            # Closed at once when a writer fails: a network must be at rest before the next job.
            with _closing(separator.separate(mix, stems, progress)) as blocks:
                for block in blocks:
                    feed.advance(sink.write(block), mix.rate, progress.check)
            return sink.finish()

    def _linked(self, stems: Mapping[str, Recording], target: Path) -> dict[str, Recording]:
        """Return the wanted stems as files in ``target``."""
        linked = {}
        for name in self._plan.separated:
            link(stems[name].path, target / f"{name}.wav")
            linked[name] = replace(stems[name], path=target / f"{name}.wav")
        return linked

    def _start(self, threads: TranscriptionThreads, mix: Recording, key: str, stems: Mapping[str, Sound]) -> None:
        """Start the transcriber calls; each waits for the sound it reads."""
        sounds: dict[str, Sound] = {**stems, MIX: mix}
        for call in self._calls:
            sources = {n: AudioSource(n, sounds[n], mix.rms, self._plan.taken_from(n)) for n in call.sources}
            threads.start(call.name, call.transcriber, partial(self._transcribe, call, sources, key))

    def _transcribe(
        self, call: Call, sources: Mapping[str, AudioSource], key: str, progress: Progress
    ) -> Transcription:
        """Return what a call hears, from the cache where that is known; a silent source has no notes."""
        if len(sources) == 1 and all(s.audio.is_silent for s in sources.values()):
            return Transcription.single(call.sources[0], ())
        transcriber = self._transcriber(call.transcriber)
        if isinstance(transcriber, ActivationTranscriber):
            activations = self._activations(transcriber, call, sources, key, progress)
            return transcriber.decode(activations, self._plugin_options(call.transcriber))
        if self._cache is None:
            return transcriber.transcribe(sources, progress)
        key = self._call_key(call, key, ())
        known = self._cache.transcription(key)
        if known is None:
            known = transcriber.transcribe(sources, progress)
            self._cache.keep_transcription(key, known)
        return known

    def _activations(
        self,
        transcriber: ActivationTranscriber,
        call: Call,
        sources: Mapping[str, AudioSource],
        key: str,
        progress: Progress,
    ) -> Activations:
        if self._cache is None:
            return transcriber.listen(sources, progress)
        key = self._call_key(call, key, transcriber.decoding_options)
        known = self._cache.activations(key)
        if known is None:
            known = transcriber.listen(sources, progress)
            self._cache.keep_activations(key, known)
        return known

    def _activation_files(self, key: str) -> dict[Call, Path]:
        files = {}
        for call in self._calls if self._cache is not None else ():
            transcriber = self._transcriber(call.transcriber)
            if self._cache is not None and isinstance(transcriber, ActivationTranscriber):
                files[call] = self._cache.activations_file(self._call_key(call, key, transcriber.decoding_options))
        return {call: path for call, path in files.items() if path.exists()}

    def _transcriber(self, name: str) -> Transcriber:
        return self._engines.transcriber(name, self._options.device, self.settings)

    def _plugin_options(self, name: str) -> object:
        return registry.TRANSCRIBERS.options(name, self.settings.table(f"transcribers.{name}"))

    def _stems_key(self, sound_key: str) -> str:
        name, table = self._options.separator, separator_table(self._options, self.settings)
        separator = self._engines.separator(self._options, self.settings)
        version = registry.SEPARATORS.cache_version(name)
        return derived_key(sound_key, name, version, sorted(table.items()), separator.device)

    def _call_key(self, call: Call, key: str, without: Sequence[str]) -> str:
        table = self.settings.table(f"transcribers.{call.transcriber}")
        shaping = sorted((k, v) for k, v in table.items() if k not in without)
        version = registry.TRANSCRIBERS.cache_version(call.transcriber)
        return derived_key(key, call.name, version, shaping, self._options.device)


class SeparationProgress:
    """Progress of the separation, which also ends when a transcription has failed.

    Args:
        stage: what is told.
        check_failures: raises what a transcription has failed with.
    """

    def __init__(self, stage: StageProgress, check_failures: Callable[[], None]) -> None:
        self._stage, self._check_failures, self._last = stage, check_failures, 0.0

    def fraction(self, fraction: float) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""
        self._last = fraction
        self.check()

    def notes(self, part_id: str, notes: Sequence[Note]) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""
        self._stage.notes(part_id, notes)

    def check(self) -> None:
        """Raise where the job is no longer wanted or cannot succeed."""
        self._check_failures()
        self._stage.fraction(self._last)


@contextmanager
def _closing(
    blocks: Iterator[Sequence[Array] | Array],
) -> Iterator[Iterator[Sequence[Array] | Array]]:
    try:
        yield blocks
    finally:
        if isinstance(blocks, Generator):
            blocks.close()
