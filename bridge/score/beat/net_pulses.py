"""The tempi that the network thinks likely."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.score.beat.features import RATE_HZ
from bridge.score.beat.pulse_net import BINS_BPM, Heard
from bridge.score.beat.variable_tempo import periodicity, tempo_near

Array = npt.NDArray[np.float64]

STEP = 2
"""Frames of which one is looked at: 20 ms."""
STEPS_HZ = RATE_HZ / STEP
MOST_TEMPI = 3
MIN_ODDS = -4.0
"""Log probability under which a tempo is not tried."""
APART = 0.12
"""Tempi are tried that differ by more, in logarithms."""
SCALE = 6.0
"""Worth of a sure beat; a step that is 14 % off its period costs as much."""


def likely_tempi(heard: Heard) -> list[float]:
    """Up to three tempi, the likeliest first."""
    bpm = np.array(BINS_BPM)
    # A tempo between two bins shares its probability among them.
    odds = np.log(np.convolve(np.exp(heard.tempo), np.ones(5), "same"))
    found: list[float] = []
    for i in odds.argsort()[::-1]:
        far = all(abs(np.log(bpm[i] / b)) > APART for b in found)
        if far and (not found or odds[i] > MIN_ODDS):
            found.append(float(bpm[i]))
        if len(found) == MOST_TEMPI:
            break
    return found


def expected(heard: Heard) -> tuple[Array, Array]:
    """(tempi, steps) strengths and periods for :func:`beat_paths`."""
    strength = SCALE * heard.beat[::STEP]
    times = np.arange(len(strength)) / STEPS_HZ
    salience = periodicity(strength, STEPS_HZ)
    periods = []
    for bpm in likely_tempi(heard):
        path = tempo_near(salience, bpm)
        periods.append(60.0 * STEPS_HZ / np.interp(times, path.times_s, path.bpm))
    return np.tile(strength, (len(periods), 1)), np.array(periods)
