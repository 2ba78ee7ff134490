"""Beats through a curve by a pointer that has a tempo of its own.

The pointer goes through each beat in steps of the curve, as many as the beat is long, and may choose another length
with each beat: F. Krebs, S. Böck and G. Widmer, "An Efficient State-Space Model for Joint Tempo and Meter Tracking"
(ISMIR 2015). So nothing need know beforehand how the tempo goes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

REACH_OCTAVES = 0.62
"""Reach around the likeliest tempo: beyond a ritardando to two thirds, short of twice and half."""
CHANGE_COST = 50.0
"""Log odds against a beat that is twice as long as the one before: one step of 20 ms at 120 BPM costs 2, a half of
what a beat that is surely heard is worth. Of 25, 50 and 100 the best on training excerpts (training/beat/README.md)."""
ON_SHARE = 16
"""The first of so many parts of a beat is where it is struck."""
SURE = 1e-4
"""No step is surer than this of a beat, or of none."""


def pointed_beats(curve: Array, period: float) -> Indices:
    """Return the steps at which beats begin.

    Args:
        curve: (steps,) probability of a beat at each.
        period: steps from beat to beat, about.
    """
    shortest = max(2, int(period / 2**REACH_OCTAVES))
    sizes = np.arange(shortest, int(np.ceil(period * 2**REACH_OCTAVES)) + 1)
    ends = np.cumsum(sizes)
    firsts, lasts = ends - sizes, ends - 1
    place = np.arange(ends[-1]) - np.repeat(firsts, sizes)
    widths = np.maximum(1, np.round(sizes / ON_SHARE).astype(np.int64))
    struck = place < np.repeat(widths, sizes)
    # What a beat of one size (row) costs after one of another (column).
    cost = CHANGE_COST * np.abs(sizes[:, None] / sizes[None, :] - 1.0)
    told = curve.clip(SURE, 1.0 - SURE)
    on, off = np.log(told), np.log((1.0 - told) / (ON_SHARE - 1))
    before, rows = np.maximum(np.arange(ends[-1]) - 1, 0), np.arange(len(sizes))
    came = np.zeros((len(curve), len(sizes)), np.int16)
    odds = np.where(struck, on[0], off[0])
    for step in range(1, len(curve)):
        ended = odds[lasts] - cost
        came[step] = ended.argmax(1)
        odds = odds[before]
        odds[firsts] = ended[rows, came[step]]
        odds += np.where(struck, on[step], off[step])
    best = int(odds.argmax())
    row = int(np.searchsorted(ends, best, "right"))
    starts = _traced_back(came, sizes, row, len(curve) - 1 - int(place[best]))
    # Where in its first part a beat is struck is told by the curve alone.
    return np.array([start + int(curve[start : start + widths[row]].argmax()) for start, row in starts], np.int64)


def _traced_back(came: npt.NDArray[np.int16], sizes: Indices, row: int, start: int) -> list[tuple[int, int]]:
    """Return the start and the row of the size of all beats; one that began before the curve is none."""
    beats = []
    while start >= 0:
        beats.append((start, row))
        row = int(came[start, row])
        start -= int(sizes[row])
    return beats[::-1]
