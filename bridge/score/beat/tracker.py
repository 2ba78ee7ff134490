"""The beat of a recording.

Its tempo map, and whether it is certain.

First a pulse: one that holds all through where the music was made to a click, else one that strays. Then the reading:
which multiple or part of the pulse is the beat, and where bars begin (:mod:`bridge.score.beat.reading`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.audio.peaks import local_maxima
from bridge.audio.recording import Recording
from bridge.music.general_midi import KICKS, SNARES
from bridge.music.parts import Part
from bridge.music.tempo import TempoMap
from bridge.score.beat.bars import FROM_THE_START, find_bars
from bridge.score.beat.confidence import is_certain
from bridge.score.beat.constant_tempo import SteadyBeat, find_steady_beat
from bridge.score.beat.counting import QUARTERS, counting_of
from bridge.score.beat.features import BeatEvidence, NoteArrays, beat_evidence, features, impulses
from bridge.score.beat.hints import Hints
from bridge.score.beat.onset_strength import RATE_HZ, OnsetStrength, onset_strength
from bridge.score.beat.reading import Reading, bar_odds, fitness, readings, smeared
from bridge.score.beat.tempo_map import fitted_beat, tempo_map
from bridge.score.beat.variable_tempo import beat_frames, between_frames, local_tempo

Array = npt.NDArray[np.float64]

MIN_BEATS = 8
"""Two bars of four: fewer beats are a figure, not a tempo."""
DRUM_WEIGHT, PITCHED_WEIGHT = 2.0, 0.7
"""Amount that a note of full velocity adds to the onset strength, whose deviation is 1: drums keep the time."""
MAX_FROM_NOTES = 4.0
"""Most that all notes of one moment add: two drums at full velocity."""
NEAR_FRAMES = 4
"""Onsets within 40 ms of an expected beat measure it; a 32nd at 190 BPM is as far."""
CLEAR_ONSET = 1.0
"""Onset strength, in deviations, of an onset that is sure enough to measure the beat."""
MIN_EVEN = 0.06
"""Median change of a beat's length from beat to beat, above which nobody taps along; random onsets give 0.1."""
MIN_SALIENCE, SHORT_SALIENCE_S = 0.25, 1.0
"""Share of the onsets that must come again a beat later; the second over the length in seconds is added. Onsets at
random and noise reach 0.1 in 40 s and 0.4 in 4 s, a song sung to a guitar 0.3, a rock band 0.4 to 0.7."""
CONSTANT_ADVANTAGE = 2.0
"""Logits by which a pulse that strays must fit better than one that holds: most music is made to a click."""
MIN_NOTES = 8
"""Of all parts: with fewer, only the sound is known."""
CUT_S = 0.06
"""A beat this close to the start is where the item was cut."""
NEAR_BPM = 0.04
"""A pulse whose tempo is so near to the one that is given is a reading of it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A pulse, as beats in seconds, and as a constant tempo where it is one."""

    beats: Array
    constant: SteadyBeat | None


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
    combined = strength.full + _from_notes(heard, len(strength.full))
    if _clear_onsets(combined) < MIN_BEATS:
        return _without_beats(hints)
    curves = smeared(features(strength.full, strength.low, heard))
    known = sum(len(s.onset_s) for s in (heard.drums, heard.bass, heard.other)) >= MIN_NOTES
    read = [_read(found, curves, hints, known=known) for found in _pulses(strength, combined, heard, length_s)]
    if not read:
        return _without_beats(hints)
    beats, constant, odds = max(read, key=lambda r: float(r[2].max()) + CONSTANT_ADVANTAGE * (r[1] is not None))
    if constant is not None and hints.bpm is None:
        constant = _shifted(_refined(constant, length_s, combined), hints.first_downbeat_s)
    if constant is not None:
        count = int((length_s - constant.start_s) / constant.period_s) + 1
        first = int(np.ceil(-constant.start_s / constant.period_s - 0.25))
        beats = constant.start_s + constant.period_s * np.arange(first, count, dtype=np.float64)
    beats = _sounding(beats, combined)
    if len(beats) < MIN_BEATS:
        return _without_beats(hints)
    given = hints.first_downbeat_s
    downbeat = None if given is None else int(np.abs(beats - given).argmin())
    odds_of_bars = bar_odds(curves, beats)
    if beats[0] <= CUT_S:
        odds_of_bars[0] += FROM_THE_START
    bars = find_bars(odds_of_bars, hints.beats_per_bar, downbeat)
    certain = hints.any or is_certain(odds, constant is not None)
    marks = [int(b) for b in bars] or [0]
    # Who names a tempo or a bar counts in beats of his own.
    named = hints.bpm is not None or hints.beats_per_bar is not None
    counting = QUARTERS if named else counting_of(beats, marks, heard)
    return tempo_map(beats, marks, steady=constant is not None, confident=certain, counting=counting)


def _pulses(strength: OnsetStrength, combined: Array, heard: BeatEvidence, length_s: float) -> list[_Found]:
    """The pulses of the onsets, whatever they are to the beat: one that holds all through, one that may stray."""
    # Kick and snare, and in the sound the low end, tell the beat from what is between.
    accents = combined + strength.low + _from_notes(_backbone(heard), len(combined))
    click, found = find_steady_beat(combined, accents, RATE_HZ), list[_Found]()
    if click is not None:
        click = _refined(click, length_s, combined)
        first = int(np.ceil(-click.start_s / click.period_s))
        last = int((length_s - click.start_s) / click.period_s)
        numbers = np.arange(first, last + 1, dtype=np.float64)
        beats = _sounding(click.start_s + click.period_s * numbers, combined)
        found += [_Found(beats, click)] if len(beats) >= 4 else []
    tempo = local_tempo(accents, RATE_HZ)
    if tempo.salience < MIN_SALIENCE + SHORT_SALIENCE_S * RATE_HZ / len(accents):
        return found
    period = 60.0 * RATE_HZ / np.interp(np.arange(len(accents)) / RATE_HZ, tempo.times_s, tempo.bpm)
    beats = _sounding(beat_frames(accents, period) / RATE_HZ, combined)
    return [*found, _Found(beats, None)] if len(beats) >= MIN_BEATS and _is_even(beats) else found


def _read(found: _Found, curves: Array, hints: Hints, *, known: bool) -> tuple[Array, SteadyBeat | None, Array]:
    """The beats of the best reading, the same as a constant tempo, and the log odds of all readings."""
    pulse = found.beats
    chosen = readings(pulse)
    # Without notes nothing is known of what is struck, and the pulse is as good as any reading of it.
    odds = fitness(curves, pulse, chosen) if known else np.array([9.0 * (r == Reading(1.0, 0.0)) for r in chosen])
    if hints.bpm is not None:
        return pulse, _given_pulse(hints.bpm, hints.first_downbeat_s, pulse, chosen, odds), odds
    best = chosen[int(odds.argmax())]
    beats, period = best.beats(pulse), best.ratio
    if hints.factor > 1:
        beats, period = np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats), period / 2
    elif hints.factor < 1:
        down = bar_odds(curves, beats)
        beats, period = beats[int(down[1::2].mean() > down[::2].mean()) :: 2], period * 2
    constant = found.constant and SteadyBeat(float(beats[0]), found.constant.period_s * period)
    return beats, constant, odds


def _given_pulse(bpm: float, downbeat_s: float | None, pulse: Array, chosen: list[Reading], odds: Array) -> SteadyBeat:
    """The pulse of a tempo that is given, through what was found."""
    period_s = 60.0 / bpm
    if downbeat_s is not None:
        return SteadyBeat(downbeat_s % period_s, period_s)
    own = float(np.median(np.diff(pulse)))
    away = np.abs(np.log(np.array([r.ratio for r in chosen]) * own / period_s))
    best = int(np.where(away < NEAR_BPM, odds, -np.inf).argmax())
    beats = chosen[best].beats(pulse) if away[best] < NEAR_BPM else pulse
    # The mean phase of what was found, as on a clock.
    angle = float(np.angle(np.exp(2j * np.pi * beats / period_s).sum()))
    return SteadyBeat(angle / (2 * np.pi) * period_s % period_s, period_s)


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


def _refined(pulse: SteadyBeat, length_s: float, strength: Array) -> SteadyBeat:
    """The pulse through the onsets that are heard at its beats."""
    numbers = np.arange(int((length_s - pulse.start_s) / pulse.period_s) + 1, dtype=np.float64)
    expected = (pulse.start_s + pulse.period_s * numbers) * RATE_HZ
    return fitted_beat(pulse, _heard_near(expected, strength) / RATE_HZ, length_s)


def _clear_onsets(strength: Array) -> int:
    """Count the onsets that are sure; a held tone has none, however evenly it trembles."""
    return int((local_maxima(strength, "last") & (strength > CLEAR_ONSET))[1:-1].sum())


def _backbone(heard: BeatEvidence) -> BeatEvidence:
    """Kick and snare alone."""
    drums = heard.drums
    kept = np.isin(drums.pitch, list(KICKS | SNARES))
    return BeatEvidence(NoteArrays(drums.onset_s[kept], drums.offset_s[kept], drums.pitch[kept], drums.velocity[kept]))


def _from_notes(heard: BeatEvidence, frames: int) -> Array:
    """(frames,) onset strength of the notes: a bump of three frames each."""
    strength = np.zeros(frames)
    for strokes, weight in (
        (heard.drums, DRUM_WEIGHT), (heard.bass, PITCHED_WEIGHT), (heard.other, PITCHED_WEIGHT),
    ):  # fmt: skip
        strength += impulses(strokes.onset_s, weight * strokes.velocity, frames)
    # A chord is one onset, not as many as it has notes.
    bumps: Array = np.convolve(np.minimum(strength, MAX_FROM_NOTES), (0.5, 1.0, 0.5), "same")
    return bumps


def _heard_near(expected: Array, strength: Array) -> Array:
    """Find peaks of the strength near the expected frames, to a fraction of a frame; where nothing does, none."""
    offsets = np.arange(-NEAR_FRAMES, NEAR_FRAMES + 1)
    around = np.round(expected).astype(np.int64)[:, None] + offsets
    values = np.take(strength, around, mode="clip")
    best = values.argmax(1)
    # A peak at the edge of what is looked at belongs to something else.
    clear = (values.max(1) > CLEAR_ONSET) & (best > 0) & (best < len(offsets) - 1)
    peaks = around[np.arange(len(around)), best][clear]
    return between_frames(strength, peaks.clip(0, len(strength) - 1))


def _sounding(beats: Array, strength: Array) -> Array:
    """The beats from the first to the last onset; silence before and after has none."""
    loud = np.flatnonzero(strength > 0.5) / RATE_HZ
    if not len(loud):
        return beats[:0]
    # An eighth after the last beat is half a beat before one that is not played.
    near = np.median(np.diff(beats)) / 4.0 if len(beats) > 1 else 0.0
    kept: Array = beats[(beats >= loud[0] - near) & (beats <= loud[-1] + near)]
    return kept


def _is_even(beats: Array) -> bool:
    """Return whether beats are as even as people tap."""
    gaps = np.diff(beats)
    return float(np.median(np.abs(np.diff(gaps))) / np.median(gaps)) <= MIN_EVEN
