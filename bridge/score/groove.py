"""Swing and groove, measured.

Where in the beat the song really plays.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from bridge.music.groove import CELLS, Groove
from bridge.music.tempo import TempoMap

Array = npt.NDArray[np.float64]

SWINGS = (0.44, 0.74)
"""Places within the beat that the second eighth may have: a little early to harder than a dotted eighth."""
MIN_ONSETS = 8
"""Of one place: fewer are a figure, not a groove."""
MAX_SPREAD = 0.045
"""Median deviation, in beats, above which several places are mixed up: sixteenths and triplets by turns."""
STRAIGHT = 0.025
"""A second eighth as near to the middle as this is straight: 12 ms at 120 BPM."""
MAX_OFFSET = 0.09
"""Of a beat, what a cell may stand beside its place; a third of a sixteenth."""


def measure_groove(onsets_s: Iterable[float], tempo: TempoMap) -> Groove:
    """The groove of onsets, best of drums alone.

    Args:
        onsets_s: when something is struck.
        tempo: the map with the beats.
    """
    positions = np.array([tempo.to_qn(t) for t in onsets_s])
    if len(positions) < MIN_ONSETS or not tempo.confident:
        return Groove()
    parts = positions - np.floor(positions)
    swing = _place(parts, SWINGS)
    if abs(swing - 0.5) <= STRAIGHT:
        swing = 0.5
    finer = 0.5
    if swing == 0.5:
        finer = _place(parts * 2.0 % 1.0, SWINGS)
        finer = 0.5 if abs(finer - 0.5) <= 2 * STRAIGHT else finer
    straight = Groove(swing, finer)
    places = np.array([straight.played(k / CELLS) for k in range(CELLS)])
    off = (parts[:, None] - places[None, :] + 0.5) % 1.0 - 0.5
    nearest = np.abs(off).argmin(1)
    offsets = []
    for cell in range(CELLS):
        own = off[nearest == cell, cell]
        own = own[np.abs(own) <= MAX_OFFSET]
        offsets.append(float(np.median(own)) if len(own) >= MIN_ONSETS else 0.0)
    return Groove(round(swing, 3), round(finer, 3), tuple(round(o, 4) for o in offsets), len(positions))


def _place(parts: Array, span: tuple[float, float]) -> float:
    """Return the place of the onsets within ``span``, 0.5 where they stand everywhere or nowhere."""
    inside = parts[(parts >= span[0]) & (parts <= span[1])]
    if len(inside) < MIN_ONSETS:
        return 0.5
    middle = float(np.median(inside))
    return middle if float(np.median(np.abs(inside - middle))) <= MAX_SPREAD else 0.5
