"""The tempi that the network thinks likely."""

from __future__ import annotations

import numpy as np

from bridge.score.beat.features import RATE_HZ
from bridge.score.beat.pulse_net import BINS_BPM, Heard

STEP = 2
"""Frames of which one is looked at: 20 ms."""
STEPS_HZ = RATE_HZ / STEP
MOST_TEMPI = 3
MIN_ODDS = -4.0
"""Log probability under which a tempo is not tried."""
APART = 0.12
"""Tempi are tried that differ by more, in logarithms."""


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
