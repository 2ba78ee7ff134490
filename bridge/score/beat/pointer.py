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
    # What a beat of one size (row) costs after one of another (column).
    cost = CHANGE_COST * np.abs(sizes[:, None] / sizes[None, :] - 1.0)
    worth = _Worth(curve, sizes)
    # A beat may begin before the curve: those starts come first.
    ahead, count, columns = int(sizes[-1]) - 1, len(curve), np.arange(len(sizes))
    odds = np.full((ahead + count, len(sizes)), -np.inf)
    odds[:ahead][np.arange(ahead)[:, None] > ahead - sizes[None, :]] = 0.0
    odds[ahead] = 0.0
    came = np.zeros((ahead + count, len(sizes)), np.int16)
    # Beats that begin within the shortest one's length do not depend on each other.
    for low in range(1, count, shortest):
        steps = np.arange(low, min(count, low + shortest))
        starts = steps[:, None] - sizes[None, :]
        ended = odds[starts + ahead, columns] + worth.of(starts, steps[:, None])
        total = ended[:, None, :] - cost[None, :, :]
        best = total.argmax(2)
        came[steps + ahead] = best
        odds[steps + ahead] = np.take_along_axis(total, best[:, :, None], 2)[:, :, 0]
    # Of beats that are worth the same, the last and shortest.
    last = np.arange(count - int(sizes[-1]), count)[::-1, None]
    going = np.where(last + sizes[None, :] >= count, odds[last[:, 0] + ahead] + worth.of(last, count), -np.inf)
    row, at = np.unravel_index(int(going.T.argmax()), going.T.shape)
    beats = _traced_back(came[ahead:], sizes, int(row), int(last[at, 0]))
    # Where in its first part a beat is struck is told by the curve alone.
    return np.array([start + int(curve[start : start + worth.widths[row]].argmax()) for start, row in beats],
                    np.int64)  # fmt: skip


class _Worth:
    """The worth of beats: log odds of being struck in their first part and nowhere else."""

    def __init__(self, curve: Array, sizes: Indices) -> None:
        told = curve.clip(SURE, 1.0 - SURE)
        on, off = np.log(told), np.log((1.0 - told) / (ON_SHARE - 1))
        self.widths: Indices = np.maximum(1, np.round(sizes / ON_SHARE).astype(np.int64))
        self._off = np.concatenate([[0.0], np.cumsum(off)])
        self._gain = np.concatenate([[0.0], np.cumsum(on - off)])

    def of(self, starts: Indices, ends: Indices | int) -> Array:
        """(rows, sizes) of beats of all sizes, as far as they lie within the curve.

        Args:
            starts: (rows, sizes) or (rows, 1) steps at which they begin.
            ends: the steps before which they are looked at.
        """
        first, struck = np.maximum(starts, 0), np.minimum(starts + self.widths, ends).clip(0)
        result: Array = self._off[ends] - self._off[first] + self._gain[np.maximum(struck, first)] - self._gain[first]
        return result


def _traced_back(came: npt.NDArray[np.int16], sizes: Indices, row: int, start: int) -> list[tuple[int, int]]:
    """Return the start and the row of the size of all beats; one that began before the curve is none."""
    beats = []
    while start >= 0:
        beats.append((start, row))
        row = int(came[start, row])
        start -= int(sizes[row])
    return beats[::-1]
