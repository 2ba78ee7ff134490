"""From beats to a tempo map: one tempo where the music was made to a click, else a tempo per bar or per beat.

Bar lines of the map meet the downbeats. What sounds before the first downbeat becomes a lead-in bar of as many
beats as fit; a first beat that the recording cuts off is written faster, so that all the others fall on the grid.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bridge.music.tempo import TempoMap, TempoPoint
from bridge.score.beat.constant_tempo import Pulse

Array = npt.NDArray[np.float64]

SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0
"""Tempi that every DAW takes (Cubase stops at 300)."""
ON_START_S = 0.012
"""A first downbeat within this of the start is the start: it is under what anyone hears as late."""
STRAIGHT_S = 0.02
"""Beats may lie this far beside a bar's own constant tempo before the bar gets a tempo per beat."""
ROUND_DRIFT_S = 0.008
"""A whole number of BPM is taken where it moves no beat further than this: DAW projects have whole numbers."""


def from_start(pulse: Pulse) -> Pulse:
    """The same beats, counted from the first one at or just before 0 s."""
    first = np.ceil((-ON_START_S - pulse.start_s) / pulse.period_s)
    return Pulse(float(pulse.start_s + first * pulse.period_s), pulse.period_s)


def fitted_pulse(pulse: Pulse, beats: Array) -> Pulse:
    """The constant tempo through what was heard at the beats, by least squares without the outliers.

    Args:
        pulse: about the tempo.
        beats: (beats,) times in seconds at which beats were heard; gaps are allowed.
    """
    numbers = np.round((beats - pulse.start_s) / pulse.period_s)
    if len(np.unique(numbers)) < 4:
        return pulse
    inside = np.ones(len(beats), dtype=bool)
    for _ in range(4):
        period_s, start_s = np.polyfit(numbers[inside], beats[inside], 1)
        off = np.abs(beats - (start_s + period_s * numbers))
        inside = off <= max(0.01, 2.0 * float(np.median(off)))
    return Pulse(float(start_s), float(period_s))


def rounded_pulse(pulse: Pulse, length_s: float) -> Pulse:
    """The pulse with a whole number of BPM where that fits, turned around the recording's middle."""
    bpm = 60.0 / pulse.period_s
    whole = float(round(bpm))
    if abs(whole - bpm) / bpm * length_s / 2.0 > ROUND_DRIFT_S:
        return pulse
    middle = (length_s / 2.0 - pulse.start_s) / pulse.period_s
    return Pulse(pulse.start_s + middle * (pulse.period_s - 60.0 / whole), 60.0 / whole)


def constant_map(pulse: Pulse, downbeat: int, beats_per_bar: int) -> TempoMap:
    """The map of a steady pulse.

    Args:
        pulse: the tempo.
        downbeat: number of a beat that begins a bar, counted from the pulse's start.
        beats_per_bar: 3 or 4.
    """
    start_s, period_s = pulse.start_s, pulse.period_s
    first = int(np.ceil((-ON_START_S - start_s) / period_s))
    if start_s + first * period_s <= ON_START_S and (downbeat - first) % beats_per_bar == 0:
        return TempoMap.constant(60.0 / period_s, beats_per_bar)
    # Two bars show all that changes; the last tempo holds from there on.
    beats = start_s + period_s * np.arange(first, first + 2 * beats_per_bar + 1, dtype=np.float64)
    return _map(beats, downbeat - first, beats_per_bar, straight_s=0.0)


def varying_map(beats: Array, downbeat: int, beats_per_bar: int) -> TempoMap:
    """The map of beats that stray: a tempo per bar, or per beat where a bar is not even.

    Args:
        beats: (beats,) times in seconds, none missing, at least two bars.
        downbeat: index of a beat that begins a bar.
        beats_per_bar: 3 or 4.
    """
    beats = _smooth(beats)
    period_s = float(np.median(np.diff(beats[: 2 * beats_per_bar])))
    missing = max(0, int((beats[0] + ON_START_S) / period_s))
    before = beats[0] - period_s * np.arange(missing, 0, -1)
    return _map(np.concatenate([before, beats]), downbeat + missing, beats_per_bar, straight_s=STRAIGHT_S)


def _map(beats: Array, downbeat: int, beats_per_bar: int, *, straight_s: float) -> TempoMap:
    """The map through ``beats``, of which the first is less than a beat after 0 s (or just before)."""
    beats, downbeat = _from_zero(beats, downbeat % beats_per_bar, beats_per_bar)
    bars = [0] if downbeat == 0 else [0, downbeat]
    bars += range(downbeat + beats_per_bar, len(beats), beats_per_bar)
    points: list[TempoPoint] = []
    for first, last in pairwise([*bars, len(beats) - 1] if bars[-1] != len(beats) - 1 else bars):
        meter = {0: downbeat or beats_per_bar, downbeat: beats_per_bar}.get(first)
        even = np.linspace(beats[first], beats[last], last - first + 1)
        straight = np.abs(beats[first : last + 1] - even).max() <= straight_s + 1e-9
        marks = [first, last] if straight else list(range(first, last + 1))
        for a, b in pairwise(marks):
            # A millionth of a BPM moves a beat by 30 us in an hour.
            bpm = round(60.0 * (b - a) / float(beats[b] - beats[a]), 6)
            sign = meter if a == first else None
            if sign is not None or not points or bpm != points[-1].bpm:
                points.append(TempoPoint(float(beats[a]), bpm, sign))
    return TempoMap.from_points(points)


def _from_zero(beats: Array, downbeat: int, beats_per_bar: int) -> tuple[Array, int]:
    """The beats with one at 0 s exactly, where bars must begin to be counted, and the downbeat's new index.

    A recording that begins inside a beat gets a short beat, as long as its tempo is one that DAWs take; a
    piece that is too short for that is added to the beat after it, the only one then that is off the grid.
    """
    if beats[0] >= 60.0 / FASTEST_BPM:
        return np.concatenate([[0.0], beats]), (downbeat + 1) % beats_per_bar
    return np.concatenate([[0.0], beats[1:]]), downbeat


def _smooth(beats: Array) -> Array:
    """Beats less the detector's jitter: a parabola through five, after Savitzky and Golay (1964)."""
    if len(beats) < 5:
        return beats
    inner = np.convolve(beats, np.array([-3.0, 12.0, 17.0, 12.0, -3.0]) / 35.0, "valid")
    smoothed: Array = np.concatenate([beats[:2], inner, beats[-2:]])
    return smoothed
