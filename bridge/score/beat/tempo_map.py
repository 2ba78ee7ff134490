"""From beats to a tempo map.

One tempo where the music was made to a click, else a tempo per bar or per beat.

Bar lines of the map meet the downbeats. What sounds before the first downbeat becomes a lead-in bar of as many
beats as fit; a first beat that the recording cuts off is written faster, so that all the others fall on the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bridge.music.tempo import TempoMap, TempoPoint
from bridge.score.beat.constant_tempo import SteadyBeat
from bridge.score.beat.counting import QUARTERS, Counting

Array = npt.NDArray[np.float64]

SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0
"""Tempi that every DAW takes (Cubase stops at 300)."""
ON_START_S = 0.012
"""A first downbeat within this of the start is the start: it is under what anyone hears as late."""
STRAIGHT_S = 0.02
"""Beats may lie this far beside a bar's own constant tempo before the bar gets a tempo per beat."""
STEADY_S = 1e-4
"""The same where the tempo is constant, so that only a short first beat gets a tempo of its own."""
SAME_BPM = 2e-5
"""Tempi that differ by less are one, rounded."""
ROUND_DRIFT_S, ROUND_ERRORS = 0.005, 3.0
"""A whole number of BPM is taken where it moves no beat further than this, and lies within so many standard errors of
what was measured: DAW projects have whole numbers, but 130.10 is not 130."""
MIN_ERROR_BPM = 0.02
"""Smallest standard error that is believed: onsets of one kind of sound are all late by the same."""


def fitted_beat(pulse: SteadyBeat, beats: Array, length_s: float) -> SteadyBeat:
    """The constant tempo through what was heard at the beats, by least squares without the outliers.

    A whole number of BPM within the error of measurement is taken for what was meant.

    Args:
        pulse: about the tempo.
        beats: (beats,) times in seconds at which beats were heard; gaps are allowed.
        length_s: of the recording.
    """
    numbers = np.round((beats - pulse.start_s) / pulse.period_s)
    if len(np.unique(numbers)) < 4:
        return pulse
    inside = np.ones(len(beats), dtype=bool)
    for _ in range(4):
        period_s, start_s = np.polyfit(numbers[inside], beats[inside], 1)
        off = np.abs(beats - (start_s + period_s * numbers))
        inside = off <= max(0.01, 2.0 * float(np.median(off)))
    fitted = SteadyBeat(float(start_s), float(period_s))
    spread = float(np.std(numbers[inside]) * np.sqrt(inside.sum()))
    error_s = float(np.sqrt((off[inside] ** 2).mean())) / max(spread, 1e-9)
    return _rounded(fitted, length_s, max(MIN_ERROR_BPM, 60.0 / fitted.period_s**2 * error_s))


def _rounded(pulse: SteadyBeat, length_s: float, error_bpm: float) -> SteadyBeat:
    """The pulse with a whole number of BPM where that fits, turned around the recording's middle."""
    bpm = 60.0 / pulse.period_s
    whole = float(round(bpm))
    if abs(whole - bpm) / bpm * length_s / 2.0 > ROUND_DRIFT_S or abs(whole - bpm) > ROUND_ERRORS * error_bpm:
        return pulse
    middle = (length_s / 2.0 - pulse.start_s) / pulse.period_s
    return SteadyBeat(pulse.start_s + middle * (pulse.period_s - 60.0 / whole), 60.0 / whole)


def tempo_map(
    beats: Array,
    downbeats: Sequence[int],
    *,
    steady: bool,
    confident: bool = True,
    counting: Counting = QUARTERS,
) -> TempoMap:
    """The map whose beats and bars are these.

    What comes before the first beat is counted back.

    Args:
        beats: (beats,) times in seconds, none missing, at least two bars.
        downbeats: indices of the beats that begin a bar, rising, at least one.
        steady: the beats are those of a constant tempo; else each bar gets its own, or each beat of an uneven bar.
        confident: whether the beat is certain.
        counting: what note a beat is.
    """
    fastest_bpm = FASTEST_BPM / counting.beat_qn
    if not steady:
        beats = _smooth(beats)
    period_s = float(np.median(np.diff(beats[:8])))
    missing = max(0, int((beats[0] + ON_START_S) / period_s))
    before = beats[0] - period_s * np.arange(missing, 0, -1)
    marks = _bars_before([d + missing for d in downbeats])
    beats = np.concatenate([before, beats])
    first_s = float(beats[0]) if abs(beats[0]) <= ON_START_S else 0.0
    beats, added = _from_zero(beats, fastest_bpm)
    marks = [m + added for m in marks]
    if steady and not added and marks[0] == 0:
        beats = beats - first_s
        beats[0] = 0.0
    if marks[0] > 0:
        # A lead-in that is as long as a bar is one.
        marks.insert(0, 0)
    last = len(beats) - 1
    points: list[TempoPoint] = []
    meter = 0
    for first, end in pairwise([*(m for m in marks if m < last), last]):
        whole = end in marks
        straight = _is_even(beats[first : end + 1], STEADY_S if steady else STRAIGHT_S)
        edges = [first, end] if straight else list(range(first, end + 1))
        for a, b in pairwise(edges):
            # A millionth of a BPM moves a beat by 30 us in an hour.
            bpm = round(60.0 * counting.beat_qn * (b - a) / float(beats[b] - beats[a]), 6)
            sign = end - first if a == first and whole and end - first != meter else None
            if a == first and not meter and sign is None:
                sign = 4
            if sign is not None or not points or abs(bpm - points[-1].bpm) > SAME_BPM:
                units = None if sign is None else sign * counting.units
                points.append(TempoPoint(float(beats[a]), bpm, units, counting.unit))
                meter = sign or meter
    return TempoMap.from_points(points, confident=confident)


def _bars_before(marks: list[int]) -> list[int]:
    """The bars with those before the first known one, as long as it is."""
    length = marks[1] - marks[0] if len(marks) > 1 else 4
    return [*range(marks[0] - length, -1, -length)][::-1] + marks if marks[0] >= length else marks


def _is_even(beats: Array, within_s: float) -> bool:
    """Return whether beats are as good as evenly spaced."""
    even = np.linspace(beats[0], beats[-1], len(beats))
    return bool(np.abs(beats - even).max() <= within_s)


def _from_zero(beats: Array, fastest_bpm: float) -> tuple[Array, int]:
    """The beats with one at 0 s exactly, where bars must begin to be counted, and how many were added before them.

    A recording that begins inside a beat gets a short beat, as long as its tempo is one that DAWs take; a
    piece that is too short for that is added to the beat after it, the only one then that is off the grid.
    """
    if beats[0] >= 60.0 / fastest_bpm:
        return np.concatenate([[0.0], beats]), 1
    return np.concatenate([[0.0], beats[1:]]), 0


def _smooth(beats: Array) -> Array:
    """Beats less the detector's jitter: a parabola through five, after Savitzky and Golay (1964)."""
    if len(beats) < 5:
        return beats
    inner = np.convolve(beats, np.array([-3.0, 12.0, 17.0, 12.0, -3.0]) / 35.0, "valid")
    smoothed: Array = np.concatenate([beats[:2], inner, beats[-2:]])
    return smoothed
