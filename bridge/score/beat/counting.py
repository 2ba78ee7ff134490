"""The note that a beat is: a quarter, a dotted quarter where it is three eighths (6/8), or an eighth (7/8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.score.beat.features import BeatEvidence

Array = npt.NDArray[np.float64]

NEAR = 0.08
"""Of a beat: an onset as near to a third or a half is one; thirds and halves are 0.167 apart."""
INSIDE = 0.15
"""Of a beat: nearer to a beat an onset is on it."""
MIN_ONSETS = 12
"""Inside the beats: fewer tell nothing of how they are divided."""
MIN_MIDDLE = 0.5
"""Onsets on the second eighth of three, as a share of those on the third. A shuffle plays the third alone and reaches
some 0.3 with its fills; 6/8 plays both."""
MIN_THIRDS = 0.75
"""Of all onsets inside the beats, those that must be thirds."""
SLOWEST_EIGHTHS_BPM = 165.0
"""Bars of five or seven whose beats are faster are counted in eighths: 5/8 and 7/8."""
ODD_METRES = (5, 7)


@dataclass(frozen=True, slots=True)
class Counting:
    """A beat as notes of a time signature."""

    unit: int = 4
    """The lower number."""
    units: int = 1
    """Notes of that length in a beat."""

    @property
    def beat_qn(self) -> float:
        """Quarter notes of a beat."""
        return self.units * 4 / self.unit


QUARTERS, DOTTED, EIGHTHS = Counting(), Counting(8, 3), Counting(8, 1)


def counting_of(beats: Array, downbeats: Sequence[int], heard: BeatEvidence) -> Counting:
    """Return what note a beat of the song is.

    Args:
        beats: (beats,) times in seconds.
        downbeats: indices of those that begin a bar.
        heard: the notes.
    """
    if _thirds(beats, heard):
        return DOTTED
    sizes = np.diff(np.array(downbeats))
    odd = len(sizes) > 0 and int(np.bincount(sizes).argmax()) in ODD_METRES
    fast = 60.0 / float(np.median(np.diff(beats))) >= SLOWEST_EIGHTHS_BPM
    return EIGHTHS if odd and fast else QUARTERS


def _thirds(beats: Array, heard: BeatEvidence) -> bool:
    """Return whether beats are divided in three, with all three eighths played."""
    onsets = np.unique(np.round(np.concatenate([s.onset_s for s in (heard.drums, heard.bass, heard.other)]), 2))
    onsets = onsets[(onsets >= beats[0]) & (onsets < beats[-1])]
    place = np.interp(onsets, beats, np.arange(len(beats))) % 1.0
    middle, third = (int((np.abs(place - p) < NEAR).sum()) for p in (1 / 3, 2 / 3))
    inside = int(((place > INSIDE) & (place < 1 - INSIDE)).sum())
    return inside >= MIN_ONSETS and middle >= MIN_MIDDLE * third and middle + third >= MIN_THIRDS * inside
