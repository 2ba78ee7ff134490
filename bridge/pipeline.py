"""From a request to its results: read, separate, transcribe, score, write. One straight line, no state but warm engines."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge import plugins
from bridge.audio import ChannelSource, Recording, import_span
from bridge.config import Settings
from bridge.errors import InputError, StoreError
from bridge.interfaces import Context, Report, Separator, Stem, Transcriber
from bridge.music import STEM_ROLES, Score, Transcription
from bridge.protocol import AudioSpan, ItemRequest, ItemResult, Request
from bridge.score.arrange import arrange
from bridge.score.quantise import Grid, parse_grid

SHARES = {"read": 0.03, "separate": 0.77, "transcribe": 0.17, "score": 0.03}
"""Share of each stage in the progress bar: about what a 4 min song took on two cores."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a request may choose, checked."""

    separator: str
    transcribers: Mapping[str, str]
    """Role -> engine."""
    stems: tuple[str, ...] | None
    """Roles wanted, None for all that the separator has."""
    role: str | None
    """For whole_mix: what the item is."""
    device: str
    grid: Grid | None
    quantise_strength: float
    find_tempo: bool
    keep_stems: bool


@dataclass(slots=True)
class Outcome:
    """All items of a request, with how they were made."""

    items: list[ItemResult]
    separator: str
    transcribers: dict[str, str]
    device: str
    warnings: tuple[str, ...] = ()
    times_s: dict[str, float] = field(default_factory=dict)


def run_options(chosen: Mapping[str, Any], settings: Settings) -> RunOptions:
    """The request's options over the settings.

    Raises:
        InputError: an option is unknown or has an impossible value.
    """
    known = {"separator", "transcribers", "stems", "role", "device", "quantise", "quantise_strength"}
    known |= {"find_tempo", "keep_stems"}
    # Unknown options are a DAW script's own or a later version's: kept in the request, no use here.
    values = {k: v for k, v in chosen.items() if k in known and v is not None}
    stems = values.get("stems")
    if stems is not None and (not isinstance(stems, (list, tuple)) or not stems):
        raise _wrong("stems", stems)
    for role in [*(stems or ()), *([values["role"]] if "role" in values else ())]:
        if role not in STEM_ROLES:
            raise InputError(f'There is no stem "{str(role)[:40]}"; choose from: {", ".join(STEM_ROLES)}.')
    strength = values.get("quantise_strength", settings.get("score.quantise_strength"))
    if isinstance(strength, bool) or not isinstance(strength, (int, float)) or not 0 <= strength <= 1:
        raise _wrong("quantise_strength", strength)
    transcribers = values.get("transcribers", {})
    if not isinstance(transcribers, Mapping) or not all(isinstance(v, str) for v in transcribers.values()):
        raise _wrong("transcribers", transcribers)
    texts = {
        "separator": values.get("separator", settings.get("separation.separator")),
        "device": values.get("device", settings.get("device")),
        "quantise": values.get("quantise", settings.get("score.quantise")),
    }
    for name, value in texts.items():
        if not isinstance(value, str):
            raise _wrong(name, value)
    return RunOptions(
        separator=texts["separator"],
        transcribers={**settings.table("transcription"), **transcribers},
        stems=tuple(r for r in STEM_ROLES if r in stems) if stems else None,
        role=values.get("role"),
        device=texts["device"],
        grid=parse_grid(texts["quantise"]) if texts["quantise"] else None,
        quantise_strength=float(strength),
        find_tempo=bool(values.get("find_tempo", settings.get("score.find_tempo"))),
        keep_stems=bool(values.get("keep_stems", settings.get("output.keep_stems"))),
    )


def _wrong(name: str, value: object) -> InputError:
    return InputError(f'The option "{name}" cannot be {str(value)[:40]!r}; see the README for what it takes.')


class Pipeline:
    """Runs requests; engines stay warm between them.

    Args:
        settings: settings in force.
        context: what plugins are lent.
    """

    def __init__(self, settings: Settings, context: Context) -> None:
        self.settings, self._context = settings, context
        self._warm: dict[tuple[object, ...], Any] = {}

    def run(self, request: Request, folder: Path, report: Report) -> Outcome:
        """Transcribe all items of ``request``; stems go to ``folder``/stems where they are kept.

        Raises:
            DawscribeError: with the sentence for the user; ``folder`` is then as it was.
            JobCancelled: ``report`` said so; likewise.
        """
        options = run_options(request.options, self.settings)
        separator = self._separator(options)
        wanted = self._wanted(separator, options)
        engines = {role: self._engine_name(role, options) for role in wanted}
        transcribers = {role: self._transcriber(name, options) for role, name in engines.items()}
        outcome = Outcome([], options.separator, engines, separator.device)
        work = folder / "work"
        try:
            work.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            message = f"The folder {folder} cannot be written; check its permissions and the free space."
            raise StoreError(message) from e
        try:
            for number, item in enumerate(request.items):
                stage = _Stages(report, number, len(request.items), outcome.times_s)
                stem_folder = folder / "stems" / (str(number + 1) if len(request.items) > 1 else "")
                outcome.items.append(self._item(item, options, separator, transcribers, work, stem_folder, stage))
        except BaseException:
            shutil.rmtree(folder / "stems", ignore_errors=True)
            raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return outcome

    def _item(
        self,
        item: ItemRequest,
        options: RunOptions,
        separator: Separator,
        transcribers: Mapping[str, Transcriber],
        work: Path,
        stem_folder: Path,
        stage: _Stages,
    ) -> ItemResult:
        mix = read_span(item.audio, work / "mix.wav", stage.report("read"))
        if mix.is_silent:
            score = Score((), mix.length_s, warnings=("The item is silent, so there are no notes in it.",))
            stage.close()
            return ItemResult(item.name, score, extra=item.extra)
        target = stem_folder if options.keep_stems else work / "stems"
        stems = separator.separate(mix, list(transcribers), target, stage.report("separate"))
        heard = hear(stems, transcribers, stage.report("transcribe"))
        score = arrange(
            heard,
            mix,
            grid=options.grid,
            strength=options.quantise_strength,
            find_tempo=options.find_tempo,
            report=stage.report("score"),
        )
        stage.close()
        kept = tuple((s.role, s.audio.path) for s in stems) if options.keep_stems else ()
        return ItemResult(item.name, score, kept, extra=item.extra)

    def _wanted(self, separator: Separator, options: RunOptions) -> list[str]:
        have = [r for r in STEM_ROLES if r in separator.stems]
        missing = [r for r in options.stems or () if r not in have]
        if missing:
            message = (
                f'The separator "{options.separator}" has no stem "{missing[0]}"; '
                f"it has: {', '.join(have)} (the torch extra's htdemucs_6s has guitar and piano)."
            )
            raise InputError(message)
        return list(options.stems or have)

    def _engine_name(self, role: str, options: RunOptions) -> str:
        return options.transcribers.get(role) or options.transcribers["other"]

    def _separator(self, options: RunOptions) -> Separator:
        table = dict(self.settings.table(f"separators.{options.separator}"))
        if options.role is not None:
            table["role"] = options.role
        separator: Separator = self._plugin("separators", options.separator, table, options.device)
        return separator

    def _transcriber(self, name: str, options: RunOptions) -> Transcriber:
        table = self.settings.table(f"transcribers.{name}")
        transcriber: Transcriber = self._plugin("transcribers", name, table, options.device)
        return transcriber

    def _plugin(self, kind: str, name: str, table: Mapping[str, Any], device: str) -> Any:
        key = (kind, name, repr(sorted(table.items())), device)
        if key not in self._warm:
            context = Context(
                self._context.model,
                self._context.cache,
                self._context.home,
                device,
                self.settings.values,
            )
            self._warm[key] = plugins.create(kind, name, table, context)
        return self._warm[key]


def read_span(span: AudioSpan, target: Path, report: Report) -> Recording:
    """The working copy of an item's audio at ``target``; errors as of :func:`bridge.audio.import_span`."""
    sources: Path | Sequence[ChannelSource] = span.path
    if span.channels:
        sources = [ChannelSource(path, channel) for path, channel in span.channels]
    return import_span(sources, target, start_s=span.start_s, length_s=span.length_s, gain=span.gain, report=report)


def hear(stems: Sequence[Stem], transcribers: Mapping[str, Transcriber], report: Report) -> dict[str, Transcription]:
    """The transcription of every stem that is not silent, by role."""
    heard: dict[str, Transcription] = {}
    for number, stem in enumerate(stems):

        def part(stage: str, fraction: float, done: int = number) -> None:
            report("transcribe", (done + fraction) / len(stems))

        part("transcribe", 0.0)
        silent = stem.audio.is_silent
        heard[stem.role] = Transcription() if silent else transcribers[stem.role].transcribe(stem, part)
    return heard


class _Stages:
    """Turns a stage's own fraction into the fraction of the whole job, and keeps each stage's time."""

    def __init__(self, report: Report, item: int, items: int, times_s: dict[str, float]) -> None:
        self._outer, self._item, self._items, self._times_s = report, item, items, times_s
        self._stage, self._since = "", time.monotonic()

    def report(self, stage: str) -> Report:
        """A report for one stage; whatever name the stage itself gives, the user sees ours."""
        before = sum(share for s, share in SHARES.items() if list(SHARES).index(s) < list(SHARES).index(stage))

        def inner(_: str, fraction: float) -> None:
            if stage != self._stage:
                self.close()
                self._stage = stage
            whole = before + SHARES[stage] * min(1.0, max(0.0, fraction))
            self._outer(stage, (self._item + whole) / self._items)

        return inner

    def close(self) -> None:
        """Book the time since the last stage began."""
        now = time.monotonic()
        if self._stage:
            self._times_s[self._stage] = self._times_s.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = "", now
