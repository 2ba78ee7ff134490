"""From a request to its results.

Read, separate, transcribe, score. One straight line; the engines stay warm.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bridge.audio.recording import Recording
from bridge.audio.span_import import ChannelSource, import_span
from bridge.config import Settings
from bridge.errors import InputError, JobCancelled, writing
from bridge.inference.network import TORCH_DEVICES, rest_all
from bridge.inference.speed import Demand, Estimate, Speeds
from bridge.music.notes import STEM_ROLES
from bridge.music.parts import Score
from bridge.music.project_beats import ProjectBeats
from bridge.music.tempo import TempoMap
from bridge.pipeline.analysis import Analyser, Analysis
from bridge.pipeline.cache import Cache
from bridge.pipeline.engines import Engines
from bridge.pipeline.forecast import Forecast
from bridge.pipeline.hearing_plan import HearingPlan, lacking, needs_stems, stem_plan
from bridge.pipeline.options import JobOptions, resolve_options, with_sensitivity
from bridge.pipeline.preview import Preview
from bridge.pipeline.redecode import FOLDER as ACTIVATIONS
from bridge.pipeline.redecode import keep_activations
from bridge.pipeline.stages import OnProgress, StageProgress, Stages
from bridge.plugins.interfaces import Context, Separator, Transcriber
from bridge.score.arrange import arrange, find_tempo
from bridge.score.bass_recovery import recover_bass
from bridge.score.beat.onset_strength import OnsetStrength, onset_strength
from bridge.score.cleanup.clean import clean
from bridge.score.cleanup.scraps import without_scraps
from bridge.score.drum_map import mapped_score
from bridge.spool.project_beats import project_beats
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import ItemResult

SHARES = {"read": 0.01, "separate": 0.93, "transcribe": 0.04, "score": 0.02}
"""Share of each stage in the progress bar: about what a 4 min song took on two cores, most of it heard by the engines
while it was separated."""
SHARES_ALONE = {"read": 0.09, "separate": 0.13, "transcribe": 0.69, "score": 0.09}
"""The same where the only stem is the mix itself, which is copied and not computed, or where nothing is separated."""
SILENT = "The item is silent, so there are no notes in it."
NO_PROJECT_BEATS = "The DAW told no beats of its project, so the notes are on the song's own grid."
ON_PROCESSOR = 'Nothing that heard this computes on "{}", so the processor did; PyTorch\'s engines would.'
NO_SEPARATION = "none"
"""Separator of a result for which nothing was separated."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All items of a request, with how they were made."""

    items: tuple[ItemResult, ...]
    separator: str
    transcribers: dict[str, str]
    """Source -> transcriber."""
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
        self.settings = settings
        self._engines, self._cache, self._home = Engines(context), cache, context.home

    def run(
        self,
        request: Request,
        folder: Path,
        on_progress: OnProgress,
        on_note_count: Callable[[int], None] = lambda notes: None,
        on_estimate: Callable[[Estimate], None] = lambda estimate: None,
    ) -> Outcome:
        """Transcribe all items of ``request``.

        Stems go to ``folder``/stems where they are kept.

        While it works, ``folder``/partial.json grows (see :class:`~bridge.pipeline.preview.Preview`).

        Args:
            request: what to do.
            folder: the job folder.
            on_progress: takes the stage and the fraction of the whole job; the stop point.
            on_note_count: takes the number of notes heard so far, whenever it grows.
            on_estimate: takes what an item will take here, before it is separated and heard.

        Raises:
            DawscribeError: with the sentence for the user; ``folder`` is then as it was.
            JobCancelled: ``on_progress`` said so; likewise.
        """
        options = resolve_options(request.options, self.settings)
        settings = with_sensitivity(self.settings, options)
        separator = self._separator(options)
        plan = _plan(separator, options)
        shares = SHARES if separator is not None and len(separator.stems) > 1 else SHARES_ALONE
        times_s: dict[str, float] = {}
        items = []
        with _workspace(folder) as work, ThreadPoolExecutor(1, "beside") as beside:
            # Engines are loaded while the first item is read: half a second of both.
            ready = beside.submit(self._ready, separator, plan, options, settings, on_estimate)
            preview = Preview(folder, [item.name for item in request.items], on_note_count)
            try:
                for number, item in enumerate(request.items):
                    stages = Stages(
                        on_progress, partial(preview.add, number),
                        item=number, items=len(request.items), shares=shares, times_s=times_s,
                    )  # fmt: skip
                    several = str(number + 1) if len(request.items) > 1 else ""
                    target = (folder if options.keep_stems else work) / "stems" / several
                    items.append(self._item(item, ready, options, work, target, stages, beside))
                    stages.close()
            finally:
                preview.remove()
                rest_all()
        return Outcome(
            tuple(items),
            NO_SEPARATION if separator is None else options.separator,
            {source: " + ".join(names) for source, names in plan.transcribers.items()},
            "CPU" if separator is None else separator.device,
            (*plan.sentences, *self._said_of_device(separator, plan, options, settings)),
            times_s=times_s,
        )

    def _separator(self, options: JobOptions) -> Separator | None:
        """Return the separator, None where no transcriber of the plan hears a stem."""
        return self._engines.separator(options, self.settings) if needs_stems(options.transcribers) else None

    def _ready(
        self,
        separator: Separator | None,
        plan: HearingPlan,
        options: JobOptions,
        settings: Settings,
        on_estimate: Callable[[Estimate], None],
    ) -> tuple[Analyser, Forecast]:
        """Load the transcribers: one that cannot be is said before the long separation, not after it."""
        engines = self._all_engines(separator, plan, options, settings)
        demands = [d for e in engines if isinstance(d := getattr(e, "demand", None), Demand)]
        names = [NO_SEPARATION if separator is None else f"{options.separator} on {separator.device}", *plan.names]
        forecast = Forecast(Speeds(self._home), " + ".join(names), demands, on_estimate, cached=self._cache is not None)
        return Analyser(self._engines, self._cache, plan, options, settings), forecast

    def _all_engines(
        self, separator: Separator | None, plan: HearingPlan, options: JobOptions, settings: Settings
    ) -> list[Separator | Transcriber | None]:
        return [separator, *(self._engines.transcriber(n, options.device, settings) for n in plan.names)]

    def _said_of_device(
        self, separator: Separator | None, plan: HearingPlan, options: JobOptions, settings: Settings
    ) -> list[str]:
        """Return the sentence where a device of PyTorch's was wanted and no engine computed on it."""
        if options.device not in TORCH_DEVICES:
            return []
        engines = self._all_engines(separator, plan, options, settings)
        used = any(str(getattr(engine, "device", "")).lower().startswith(options.device) for engine in engines)
        return [] if used else [ON_PROCESSOR.format(options.device)]

    def _item(
        self,
        item: ItemRequest,
        ready: Future[tuple[Analyser, Forecast]],
        options: JobOptions,
        work: Path,
        target: Path,
        stages: Stages,
        beside: ThreadPoolExecutor,
    ) -> ItemResult:
        mix = read_span(item.audio, work / "mix.wav", stages.progress("read"))
        analyser, forecast = ready.result()
        options.hints.check(mix.length_s)
        if mix.is_silent:
            return ItemResult(item.name, Score((), mix.length_s, warnings=(*mix.warnings, SILENT)), extra=item.extra)
        # The beat's own half second of reading is done while the notes are heard.
        wanted = options.find_tempo or options.hints.any
        with _strength_beside(beside, mix) if wanted else nullcontext() as strength:
            with forecast.of(mix.length_s):
                analysis = analyser.analyse(mix, target, stages)
            keep_activations(analysis.activations, work.parent, stages.item, analyser.settings)
            beats = project_beats(item.extra) if options.grid_source == "project" else None
            score = self._score(mix, analysis, options, beats, strength, stages.progress("score"))
        stems = tuple((name, stem.path) for name, stem in analysis.stems.items()) if options.keep_stems else ()
        return ItemResult(item.name, score, stems, extra=item.extra)

    def _score(
        self,
        mix: Recording,
        analysis: Analysis,
        options: JobOptions,
        beats: ProjectBeats | None,
        strength: Future[OnsetStrength] | None,
        progress: StageProgress,
    ) -> Score:
        parts, warnings = analysis.parts, [*mix.warnings, *analysis.warnings]
        if options.grid is not None and options.grid_source == "project" and beats is None:
            warnings.append(NO_PROJECT_BEATS)
        if self.settings.get("score.bass_from_other"):
            parts, moved = recover_bass(parts, analysis.stems)
            warnings += moved
        parts = without_scraps(clean(parts))
        progress.fraction(0.0)
        tempo = TempoMap()
        if strength is not None:
            tempo = find_tempo(strength.result(), parts, mix.length_s, options.hints)
        score = arrange(
            parts,
            mix.length_s,
            tempo,
            grid=options.grid,
            project=beats,
            strength=options.quantise_strength,
            tempo_wanted=strength is not None,
            warnings=warnings,
        )
        progress.fraction(1.0)
        return mapped_score(score, options.drum_map)


def _plan(separator: Separator | None, options: JobOptions) -> HearingPlan:
    """Return the hearing plan; InputError where a stem is wanted that the separator does not have."""
    if separator is None:
        return HearingPlan(options.transcribers)
    in_mix = lacking(options.transcribers, separator.stems, options.stems)
    missing = [s for s in options.stems or () if s not in separator.stems and s not in in_mix]
    if missing:
        message = f'The separator "{options.separator}" has no stem "{missing[0]}"; '
        if len(separator.stems) == 1:
            message += (
                f"it takes the whole recording for {separator.stems[0]}, so name what it is as the role (--role)."
            )
        else:
            have = [s for s in STEM_ROLES if s in separator.stems]
            message += f"it has: {', '.join(have)} (htdemucs_6s of the separator demucs has guitar and piano)."
        raise InputError(message, code="separator-has-no-stem")
    return stem_plan(options.transcribers, separator.stems, options.stems)


@contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """Make the folder for what is only needed meanwhile; on failure ``folder`` is left as it was."""
    work = folder / "work"
    with writing(folder, "home-unwritable"):
        work.mkdir(parents=True, exist_ok=True)
    try:
        yield work
    except BaseException:
        for name in ("stems", ACTIVATIONS):
            shutil.rmtree(folder / name, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _strength_beside(beside: ThreadPoolExecutor, mix: Recording) -> Iterator[Future[OnsetStrength]]:
    """Find the onset strength in another thread, which ends with what is done inside."""
    ended = threading.Event()

    def check(stage: str, fraction: float) -> None:
        if ended.is_set():
            raise JobCancelled

    try:
        yield beside.submit(onset_strength, mix, check)
    finally:
        ended.set()


def read_span(span: AudioSpan, target: Path, progress: StageProgress) -> Recording:
    """Make the working copy of an item's audio.

    Errors as of :func:`bridge.audio.span_import.import_span`.
    """
    sources: Path | Sequence[ChannelSource] = span.path
    if span.channels:
        sources = [ChannelSource(path, channel) for path, channel in span.channels]
    return import_span(
        sources,
        target,
        start_s=span.start_s,
        length_s=span.length_s,
        gain=span.gain,
        report=lambda _, fraction: progress.fraction(fraction),
    )
