"""Bars: the best path of a pointer that stands, at each beat, at a place in a bar of two to seven beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.score.best_path import Array, Indices, Moves, best_path, priced

METRES = (2, 3, 4, 5, 6, 7)
"""Beats of a bar."""
METRE_ODDS = (-0.12, -0.03, 0.03, -0.06, -0.08, -0.05)
"""Log odds of each, a beat, before anything is heard: four is common, two is what half a four looks like."""
NEW_METRE_COST = 6.0
"""Log odds that another metre than in the bar before must gain."""
FROM_THE_START = 3.0
"""Log odds that the first beat begins a bar, for music that is cut there: items and loops begin at bar lines."""
IMPOSSIBLE = 1e7


def find_bars(odds: Array, beats_per_bar: int | None = None, downbeat: int | None = None) -> Indices:
    """Return the beats that begin a bar.

    Args:
        odds: (beats,) log odds that each does.
        beats_per_bar: where it is known.
        downbeat: index of a beat that is known to begin a bar.
    """
    metres = METRES if beats_per_bar is None else (beats_per_bar,)
    marks = _likeliest(odds, metres)
    if downbeat is None or downbeat in marks:
        return marks
    # The bars are those that were heard, moved, and not the same ones again behind a short bar.
    by = downbeat - int(marks[np.abs(marks - downbeat).argmin()]) if len(marks) else 0
    moved = np.full(len(odds), np.median(odds))
    moved[max(0, by) : len(odds) + min(0, by)] = odds[max(0, -by) : len(odds) - max(0, by)]
    return _likeliest(moved, metres, downbeat)


def _likeliest(odds: Array, metres: Sequence[int], downbeat: int | None = None) -> Indices:
    states = [(m, p) for m, size in enumerate(metres) for p in range(size)]
    kind, place = (np.array(column) for column in zip(*states, strict=True))
    sizes = np.array(metres)[kind]
    on, off = -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)
    said = np.where(place == 0, on[:, None], off[:, None])
    if len(metres) > 1:
        said = said + np.array(METRE_ODDS)[kind]
    if downbeat is not None:
        said[downbeat] = np.where(place == 0, said[downbeat], -IMPOSSIBLE)
    path = best_path(said, _within_bars(kind, place, sizes))
    return np.flatnonzero(place[path] == 0)


def _within_bars(kind: Indices, place: Indices, sizes: Indices) -> Moves:
    """Return moves to the next place of a bar, and from its last to the first of any bar."""
    firsts, lasts = np.flatnonzero(place == 0), np.flatnonzero(place == sizes - 1)
    leave = priced(np.where(kind[firsts][:, None] == kind[lasts][None, :], 0.0, NEW_METRE_COST))
    before = np.roll(np.arange(len(place)), 1)

    def moves(row: int, sums: Array) -> tuple[Array, Indices]:
        reached, origins = sums[before], before.copy()
        reached[firsts], last = leave(row, sums[lasts])
        origins[firsts] = lasts[last]
        return reached, origins

    return moves
