"""Bars: the best path of a pointer that stands, at each beat, at a place in a bar of two to seven beats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

METRES = (2, 3, 4, 5, 6, 7)
"""Beats of a bar."""
METRE_ODDS = (-0.25, -0.06, 0.06, -0.12, -0.16, -0.1)
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
    states = [(m, p) for m, size in enumerate(metres) for p in range(size)]
    kind, place = (np.array(column) for column in zip(*states, strict=True))
    sizes = np.array(metres)[kind]
    on, off = -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)
    said = np.where(place == 0, on[:, None], off[:, None])
    if beats_per_bar is None:
        said = said + np.array(METRE_ODDS)[kind]
    if downbeat is not None:
        said[downbeat] = np.where(place == 0, said[downbeat], -IMPOSSIBLE)
    firsts, lasts = np.flatnonzero(place == 0), np.flatnonzero(place == sizes - 1)
    leave = np.where(kind[lasts][:, None] == kind[firsts][None, :], 0.0, NEW_METRE_COST)
    score = said[0].copy()
    back = np.zeros(said.shape, dtype=np.int64)
    for i in range(1, len(said)):
        moved, origin = np.roll(score, 1), np.roll(np.arange(len(states)), 1)
        new = score[lasts][:, None] - leave
        best = new.argmax(0)
        moved[firsts], origin[firsts] = new[best, np.arange(len(firsts))], lasts[best]
        back[i] = origin
        score = moved + said[i]
    path = [int(score.argmax())]
    for i in range(len(said) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return np.flatnonzero(place[np.array(path[::-1])] == 0)
