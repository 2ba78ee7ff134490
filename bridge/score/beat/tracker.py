"""The beat of a recording: its tempo map, or the default one where no beat is certain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.audio.recording import Recording
from bridge.music.general_midi import KICKS, SNARES
from bridge.music.parts import Part
from bridge.music.tempo import TempoMap
from bridge.score.beat.constant_tempo import Pulse, find_click
from bridge.score.beat.downbeats import find_downbeats
from bridge.score.beat.onset_strength import RATE_HZ, onset_strength
from bridge.score.beat.tempo_map import constant_map, fitted_pulse, from_start, rounded_pulse, varying_map
from bridge.score.beat.variable_tempo import beat_frames, between_frames, local_tempo

Array = npt.NDArray[np.float64]

FEWEST_BEATS = 8
"""Two bars of four: fewer beats are a figure, not a tempo."""
DRUM_WEIGHT, PITCHED_WEIGHT = 2.0, 0.7
"""What a note heard at full velocity adds to the onset strength, whose deviation is 1: drums keep the time."""
MOST_FROM_NOTES = 4.0
"""What all notes of one moment add at most: two drums at full velocity."""
NEAR_FRAMES = 4
"""Onsets within 40 ms of an expected beat measure it; a 32nd at 190 BPM is as far."""
CLEAR_ONSET = 1.0
"""Onset strength, in deviations, of an onset that is sure enough to measure the beat."""
LEAST_EVEN = 0.06
"""Median change of a beat's length from beat to beat, above which nobody taps along; random onsets give 0.1."""
LEAST_SALIENCE, SHORT_SALIENCE_S = 0.25, 1.0
"""How much of the onsets must come again a beat later; the second over the length in seconds is added. Onsets at
random and noise reach 0.1 in 40 s and 0.4 in 4 s, a song sung to a guitar 0.3, a rock band 0.4 to 0.7."""


def track_beats(
    mix: Recording,
    parts: Sequence[Part],
    report: Callable[[str, float], None] = lambda stage, fraction: None,
) -> TempoMap:
    """The tempo map of a recording; ``confident`` is False, and the tempo 120, where no beat is certain.

    Args:
        mix: the whole sound.
        parts: what was transcribed; drums make the beat surer, nothing is needed.
        report: progress and stop point, stage "score".
    """
    strength = onset_strength(mix, report)
    combined = strength.full + _from_notes(parts, len(strength.full))
    if _clear_onsets(combined) < FEWEST_BEATS:
        return TempoMap()
    # Kick and snare, and in the sound the low end, tell the beat from what is between.
    accents = combined + strength.low + _from_notes(_backbone(parts), len(strength.full))
    pulse = find_click(combined, accents, RATE_HZ)
    report("score", 0.95)
    if pulse is not None:
        return _with_click(pulse, mix.length_s, combined, strength.low, parts)
    return _without_click(accents, strength.low, parts)


def _with_click(pulse: Pulse, length_s: float, strength: Array, low: Array, parts: Sequence[Part]) -> TempoMap:
    pulse = from_start(pulse)
    numbers = np.arange(int((length_s - pulse.start_s) / pulse.period_s) + 1, dtype=np.float64)
    expected = (pulse.start_s + pulse.period_s * numbers) * RATE_HZ
    pulse = rounded_pulse(fitted_pulse(pulse, _heard_near(expected, strength) / RATE_HZ), length_s)
    beats: Array = pulse.start_s + pulse.period_s * numbers
    # What lies after the last onset would be a beat without a kick, and speak against its place in the bar.
    sounding = _sounding(beats * RATE_HZ, strength)
    if len(sounding) < FEWEST_BEATS:
        return TempoMap()
    first = int(np.searchsorted(beats * RATE_HZ, sounding[0]))
    downbeat, beats_per_bar = find_downbeats(sounding / RATE_HZ, parts, _peak_at(low, sounding))
    return constant_map(pulse, first + downbeat, beats_per_bar)


def _without_click(strength: Array, low: Array, parts: Sequence[Part]) -> TempoMap:
    tempo = local_tempo(strength, RATE_HZ)
    if tempo.salience < LEAST_SALIENCE + SHORT_SALIENCE_S * RATE_HZ / len(strength):
        return TempoMap()
    period = 60.0 * RATE_HZ / np.interp(np.arange(len(strength)) / RATE_HZ, tempo.times_s, tempo.bpm)
    frames = _sounding(beat_frames(strength, period), strength)
    if len(frames) < FEWEST_BEATS or not _is_even(frames):
        return TempoMap()
    downbeat, beats_per_bar = find_downbeats(frames / RATE_HZ, parts, _peak_at(low, frames))
    return varying_map(frames / RATE_HZ, downbeat, beats_per_bar)


def _clear_onsets(strength: Array) -> int:
    """Count the onsets that are sure; a held tone has none, however evenly it trembles."""
    peaks = (strength[1:-1] >= strength[:-2]) & (strength[1:-1] > strength[2:]) & (strength[1:-1] > CLEAR_ONSET)
    return int(peaks.sum())


def _backbone(parts: Sequence[Part]) -> list[Part]:
    """Kick and snare alone."""
    return [replace(p, notes=tuple(n for n in p.notes if n.pitch in KICKS | SNARES)) for p in parts if p.is_drums]


def _from_notes(parts: Sequence[Part], frames: int) -> Array:
    """(frames,) onset strength of the notes: a bump of three frames each."""
    strength = np.zeros(frames)
    for part in parts:
        weight = DRUM_WEIGHT if part.is_drums else PITCHED_WEIGHT
        for note in part.notes:
            i, share = divmod(note.onset_s * RATE_HZ, 1.0)
            if i + 1 < frames:
                strength[int(i)] += weight * note.velocity / 127.0 * (1.0 - share)
                strength[int(i) + 1] += weight * note.velocity / 127.0 * share
    # A chord is one onset, not as many as it has notes.
    bumps: Array = np.convolve(np.minimum(strength, MOST_FROM_NOTES), (0.5, 1.0, 0.5), "same")
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


def _peak_at(strength: Array, frames: Array) -> Array:
    """The greatest strength within two frames of each beat."""
    around = np.round(frames).astype(np.int64)[:, None] + np.arange(-2, 3)
    result: Array = np.take(strength, around, mode="clip").max(1)
    return result


def _sounding(frames: Array, strength: Array) -> Array:
    """The beats from the first to the last onset; silence before and after has none."""
    loud = np.flatnonzero(strength > 0.5)
    if not len(loud):
        return frames[:0]
    # An eighth after the last beat is half a beat before one that is not played.
    near = np.median(np.diff(frames)) / 4.0 if len(frames) > 1 else 0.0
    kept: Array = frames[(frames >= loud[0] - near) & (frames <= loud[-1] + near)]
    return kept


def _is_even(frames: Array) -> bool:
    """Return whether beats are as even as people tap."""
    gaps = np.diff(frames)
    return float(np.median(np.abs(np.diff(gaps))) / np.median(gaps)) <= LEAST_EVEN
