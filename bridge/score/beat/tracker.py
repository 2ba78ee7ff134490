"""The beat of a recording.

Its tempo map, and whether it is certain.

First pulses: one that holds all through where the music was made to a click, one that strays, and those that a network
hears. Then the reading: which multiple or part of which pulse is the beat (:mod:`bridge.score.beat.verdict`), and where
bars begin (:mod:`bridge.score.beat.bars`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.audio.recording import Recording
from bridge.music.parts import Part
from bridge.music.tempo import TempoMap
from bridge.score.beat.bars import FROM_THE_START, find_bars
from bridge.score.beat.choice import Candidate
from bridge.score.beat.confidence import MIN_SHARE_WITHOUT_PULSE, is_certain
from bridge.score.beat.constant_tempo import SteadyBeat
from bridge.score.beat.counting import QUARTERS, counting_of
from bridge.score.beat.downbeats import bar_odds
from bridge.score.beat.features import BeatEvidence, beat_evidence, features, smeared
from bridge.score.beat.hints import Hints
from bridge.score.beat.onset_strength import OnsetStrength, onset_strength
from bridge.score.beat.onsets import accents_of, clear_onsets, onsets_of
from bridge.score.beat.pulse_net import Heard, hear_beats, nothing_heard, stacked
from bridge.score.beat.pulses import (
    MIN_BEATS,
    Pulse,
    candidates_of,
    pulses_of_net,
    pulses_of_onsets,
    refined,
    sounding,
)
from bridge.score.beat.tempo_map import tempo_map
from bridge.score.beat.verdict import Verdict, judge

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

MIN_NOTES = 8
"""Of all parts: with fewer, only the sound is known."""
AT_START = 0.25
"""A beat that lies less than so much of a beat before the start is as good as at it."""
CUT_S = 0.06
"""A beat this close to the start is where the item was cut."""
NEAR_BPM = 0.04
"""A pulse whose tempo is so near to the one that is given is a reading of it."""


@dataclass(frozen=True, slots=True)
class _Song:
    """A recording as far as it is known."""

    curves: Array
    onsets: Array
    length_s: float
    net: Heard
    known: bool
    """Enough notes are heard to judge by."""

    @property
    def every(self) -> Floats:
        """(channels, frames) the curves with those of the network."""
        return stacked(self.curves, self.net)


def track_beats(
    mix: Recording,
    parts: Iterable[Part],
    report: Callable[[str, float], None] = lambda stage, fraction: None,
    hints: Hints = Hints(),  # noqa: B008 - frozen
) -> TempoMap:
    """The tempo map of a recording.

    ``confident`` is False where the beat is a guess, and 120 BPM where there is none.

    Args:
        mix: the whole sound.
        parts: what was transcribed; drums make the beat surer, nothing is needed.
        report: progress and stop point, stage "score".
        hints: what the user knows is kept to, and makes the rest certain.
    """
    strength = onset_strength(mix, report)
    report("score", 0.95)
    return beat_map(strength, beat_evidence(parts), mix.length_s, hints)


def beat_map(strength: OnsetStrength, heard: BeatEvidence, length_s: float, hints: Hints) -> TempoMap:
    """The tempo map from onset strength and notes.

    See :func:`track_beats`.
    """
    onsets = onsets_of(strength, heard)
    if clear_onsets(onsets) < MIN_BEATS:
        return _without_beats(hints)
    curves = smeared(features(strength.full, strength.low, heard))
    known = sum(len(s.onset_s) for s in (heard.drums, heard.bass, heard.other)) >= MIN_NOTES
    song = _Song(curves, onsets, length_s, hear_beats(curves) if known else nothing_heard(len(onsets)), known)
    pulses = pulses_of_onsets(onsets, accents_of(onsets, strength, heard), length_s)
    chosen = _chosen(song, pulses)
    if chosen is None:
        return _without_beats(hints)
    verdict, found = chosen
    best = _hinted(verdict, found, song, hints)
    constant = None if best.period_s is None else SteadyBeat(float(best.beats[0]), best.period_s)
    if constant is not None and hints.bpm is None:
        constant = _shifted(refined(constant, length_s, onsets), hints.first_downbeat_s)
    beats = sounding(best.beats if constant is None else constant.beats(length_s, AT_START), onsets)
    if len(beats) < MIN_BEATS:
        return _without_beats(hints)
    certain = hints.any or (len(pulses) > 0 and is_certain(verdict.share, constant is not None))
    return _with_bars(beats, song, heard, hints, steady=constant is not None, certain=certain)


def _chosen(song: _Song, pulses: list[Pulse]) -> tuple[Verdict, list[Candidate]] | None:
    """The beat with all that it was chosen from; None where there is none."""
    if not song.known:
        # Without notes nothing is known of what is struck, and the pulse is as good as any reading of it.
        found = [Candidate(p.beats, p.kind, 1.0, p.period_s) for p in pulses]
        return (Verdict(found[0], 1.0, np.zeros(len(found))), found) if found else None
    found = candidates_of(pulses + pulses_of_net(song.net, song.onsets, song.length_s))
    if not found:
        return None
    verdict = judge(song.curves, song.net, found)
    # What has no pulse in its onsets either is free, or the network must be sure.
    return (verdict, found) if pulses or verdict.share >= MIN_SHARE_WITHOUT_PULSE else None


def _hinted(verdict: Verdict, found: list[Candidate], song: _Song, hints: Hints) -> Candidate:
    """The beat as the user wants it."""
    best = verdict.best
    if hints.bpm is not None:
        pulse = _given_pulse(hints.bpm, hints.first_downbeat_s, verdict, found)
        return Candidate(pulse.beats(song.length_s, AT_START), best.kind, best.ratio, pulse.period_s)
    beats, period_s = best.beats, best.period_s
    if hints.factor > 1:
        beats = np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats)
    elif hints.factor < 1:
        down = bar_odds(song.every, beats)
        beats = beats[int(down[1::2].mean() > down[::2].mean()) :: 2]
    return Candidate(beats, best.kind, best.ratio, period_s and period_s / hints.factor)


def _given_pulse(bpm: float, downbeat_s: float | None, verdict: Verdict, found: list[Candidate]) -> SteadyBeat:
    """The pulse of a tempo that is given, through what was found."""
    period_s = 60.0 / bpm
    if downbeat_s is not None:
        return SteadyBeat(downbeat_s % period_s, period_s)
    own = np.array([float(np.median(np.diff(c.beats))) for c in found])
    away = np.abs(np.log(own / period_s))
    best = int(np.where(away < NEAR_BPM, verdict.odds, -np.inf).argmax())
    beats = found[best].beats if away[best] < NEAR_BPM else verdict.best.beats
    # The mean phase of what was found, as on a clock.
    angle = float(np.angle(np.exp(2j * np.pi * beats / period_s).sum()))
    return SteadyBeat(angle / (2 * np.pi) * period_s % period_s, period_s)


def _with_bars(
    beats: Array, song: _Song, heard: BeatEvidence, hints: Hints, *, steady: bool, certain: bool
) -> TempoMap:
    """The map of the beats with the bars that fit best."""
    given = hints.first_downbeat_s
    downbeat = None if given is None else int(np.abs(beats - given).argmin())
    odds = bar_odds(song.every, beats)
    if beats[0] <= CUT_S:
        odds[0] += FROM_THE_START
    marks = [int(b) for b in find_bars(odds, hints.beats_per_bar, downbeat)] or [0]
    # Who names a tempo or a bar counts in beats of his own.
    named = hints.bpm is not None or hints.beats_per_bar is not None
    counting = QUARTERS if named else counting_of(beats, marks, heard)
    return tempo_map(beats, marks, steady=steady, confident=certain, counting=counting)


def _without_beats(hints: Hints) -> TempoMap:
    """The map where nothing is heard: what is given, or the default."""
    if hints.bpm is None:
        return TempoMap()
    period_s, size = 60.0 / hints.bpm, hints.beats_per_bar or 4
    start_s = (hints.first_downbeat_s or 0.0) % (period_s * size)
    return tempo_map(
        start_s + period_s * np.arange(4 * size + 1, dtype=np.float64), list(range(0, 4 * size + 1, size)), steady=True
    )


def _shifted(pulse: SteadyBeat, downbeat_s: float | None) -> SteadyBeat:
    """The pulse moved so that a beat is where a bar is known to begin."""
    if downbeat_s is None:
        return pulse
    number = round((downbeat_s - pulse.start_s) / pulse.period_s)
    return SteadyBeat(downbeat_s - number * pulse.period_s, pulse.period_s)
