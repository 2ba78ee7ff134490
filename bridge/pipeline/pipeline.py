"""From a request to its results: read, separate, transcribe, score. One straight line; the engines stay warm."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bridge.audio.recording import Recording
from bridge.audio.span_import import ChannelSource, import_span
from bridge.config import Settings
from bridge.errors import InputError, StoreError
from bridge.inference.malloc import use_little
from bridge.music.notes import STEM_ROLES, Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap
from bridge.pipeline.cache import Cache
from bridge.pipeline.engines import Engines, Run
from bridge.pipeline.options import RunOptions, run_options
from bridge.pipeline.preview import Preview
from bridge.plugins.interfaces import Context, Report, Separator
from bridge.score.arrange import arrange, find_tempo
from bridge.score.bass_recovery import recover_bass
from bridge.score.cleanup.clean import clean
from bridge.score.drum_map import mapped_score
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import ItemResult

SHARES = {"read": 0.01, "separate": 0.93, "transcribe": 0.04, "score": 0.02}
"""Share of each stage in the progress bar: about what a 4 min song took on two cores, most of it heard by the engines
while it was separated."""
SHARES_ALONE = {"read": 0.09, "separate": 0.13, "transcribe": 0.69, "score": 0.09}
"""The same where the only stem is the mix itself, which is copied and not computed."""
SILENT = "The item is silent, so there are no notes in it."


@dataclass(slots=True)
class Outcome:
    """All items of a request, with how they were made."""

    items: list[ItemResult]
    separator: str
    transcribers: dict[str, str]
    device: str
    warnings: tuple[str, ...] = ()
    times_s: dict[str, float] = field(default_factory=dict)


class Pipeline:
    """Runs requests; engines stay warm between them.

    Args:
        settings: settings in force.
        context: what plugins are lent.
        cache: stems and notes of earlier runs, None to compute everything.
    """

    def __init__(self, settings: Settings, context: Context, cache: Cache | None = None) -> None:
        use_little()
        self.settings = settings
        self._engines = Engines(context, cache)

    def run(
        self, request: Request, folder: Path, report: Report, counted: Callable[[int], None] = lambda notes: None
    ) -> Outcome:
        """Transcribe all items of ``request``; stems go to ``folder``/stems where they are kept.

        While it works, ``folder``/partial.json grows (see :class:`~bridge.pipeline.preview.Preview`).

        Args:
            request: what to do.
            folder: the job folder.
            report: progress and stop point.
            counted: takes the number of notes heard so far, whenever it grows.

        Raises:
            DawscribeError: with the sentence for the user; ``folder`` is then as it was.
            JobCancelled: ``report`` said so; likewise.
        """
        options = run_options(request.options, self.settings)
        separator = self._engines.separator(options, self.settings)
        wanted = _wanted(separator, options)
        engines = {role: options.engine(role) for role in wanted}
        for name in dict.fromkeys(engines.values()):
            # An engine that cannot be loaded is said before the long separation, not after it.
            self._engines.transcriber(name, options.device, self.settings)
        outcome = Outcome([], options.separator, engines, separator.device)
        work = folder / "work"
        preview = Preview(folder, [item.name for item in request.items], counted)
        run = Run(options, self.settings, engines)
        try:
            work.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            message = f"The folder {folder} cannot be written; check its permissions and the free space."
            raise StoreError(message) from e
        try:
            for number, item in enumerate(request.items):
                shares = SHARES if len(separator.stems) > 1 else SHARES_ALONE
                stages = _Stages(report, number, len(request.items), shares, outcome.times_s)
                stem_folder = folder / "stems" / (str(number + 1) if len(request.items) > 1 else "")
                target = stem_folder if options.keep_stems else work / "stems"
                outcome.items.append(self._item(item, run, work, target, stages, partial(preview.add, number)))
                stages.close()
        except BaseException:
            shutil.rmtree(folder / "stems", ignore_errors=True)
            raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
            preview.remove()
        return outcome

    def _item(
        self,
        item: ItemRequest,
        run: Run,
        work: Path,
        target: Path,
        stages: _Stages,
        tell: Callable[[str, Sequence[Note]], None],
    ) -> ItemResult:
        options = run.options
        mix = read_span(item.audio, work / "mix.wav", stages.report("read"))
        if mix.is_silent:
            return ItemResult(item.name, Score((), mix.length_s, warnings=(*mix.warnings, SILENT)), extra=item.extra)
        heard = self._engines.hear(mix, run, target, stages.report, tell)
        parts = tuple(part for t in heard.transcriptions.values() for part in t.parts)
        warnings = list(mix.warnings) + [w for t in heard.transcriptions.values() for w in t.warnings]
        if run.settings.get("score.bass_from_other"):
            parts, moved = recover_bass(parts, {s.role: s.audio for s in heard.stems})
            warnings += moved
        parts = clean(parts)
        report = partial(stages.report("score"), "score")
        report(0.0)
        tempo = find_tempo(mix, parts, report) if options.find_tempo else TempoMap()
        score = arrange(
            parts,
            mix.length_s,
            tempo,
            grid=options.grid,
            strength=options.quantise_strength,
            tempo_wanted=options.find_tempo,
            warnings=warnings,
        )
        report(1.0)
        score = mapped_score(score, options.drum_map)
        kept = tuple((s.role, s.audio.path) for s in heard.stems) if options.keep_stems else ()
        return ItemResult(item.name, score, kept, extra=item.extra)


def _wanted(separator: Separator, options: RunOptions) -> list[str]:
    """The roles to separate and transcribe, in the order of their tracks."""
    have = [r for r in STEM_ROLES if r in separator.stems]
    missing = [r for r in options.stems or () if r not in have]
    if missing:
        message = f'The separator "{options.separator}" has no stem "{missing[0]}"; '
        if len(have) == 1:
            message += f"it takes the whole recording for {have[0]}, so name what it is as the role (--role)."
        else:
            message += f"it has: {', '.join(have)} (htdemucs_6s of the separator demucs has guitar and piano)."
        raise InputError(message)
    return list(options.stems or have)


def read_span(span: AudioSpan, target: Path, report: Report) -> Recording:
    """The working copy of an item's audio at ``target``; errors as of :func:`bridge.audio.span_import.import_span`."""
    sources: Path | Sequence[ChannelSource] = span.path
    if span.channels:
        sources = [ChannelSource(path, channel) for path, channel in span.channels]
    return import_span(sources, target, start_s=span.start_s, length_s=span.length_s, gain=span.gain, report=report)


class _Stages:
    """Turns a stage's own fraction into the fraction of the whole job, and keeps each stage's time."""

    def __init__(
        self, report: Report, item: int, items: int, shares: Mapping[str, float], times_s: dict[str, float]
    ) -> None:
        self._outer, self._item, self._items = report, item, items
        self._shares, self._times_s = shares, times_s
        self._stage, self._since = "", time.monotonic()

    def report(self, stage: str) -> Report:
        """A report for one stage; whatever name the stage itself gives, the user sees ours."""
        stages = list(self._shares)
        before = sum(self._shares[s] for s in stages[: stages.index(stage)])

        def inner(_: str, fraction: float) -> None:
            if stage != self._stage:
                self.close()
                self._stage = stage
            whole = before + self._shares[stage] * min(1.0, max(0.0, fraction))
            self._outer(stage, (self._item + whole) / self._items)

        return inner

    def close(self) -> None:
        """Book the time since the last stage began."""
        now = time.monotonic()
        if self._stage:
            self._times_s[self._stage] = self._times_s.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = "", now
