"""Find the best path through states, row by row (Viterbi)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Moves = Callable[[int, Array], tuple[Array, Indices]]
"""(row, best sums (states,) of the row before) -> per state the sum with which it is reached, and from which state."""


def best_path(gains: Array, moves: Moves) -> Indices:
    """Return the state of each row on the path with the greatest sum.

    Args:
        gains: (rows, states) what a path earns that is in a state.
        moves: what it costs to get there.
    """
    rows = len(gains)
    sums, origins = gains[0], np.zeros(gains.shape, np.int64)
    for row in range(1, rows):
        reached, origins[row] = moves(row, sums)
        sums = reached + gains[row]
    path = np.zeros(rows, np.int64)
    path[-1] = sums.argmax()
    for row in range(rows - 1, 0, -1):
        path[row - 1] = origins[row, path[row]]
    return path


def any_change(costs: Array) -> Moves:
    """Return moves to any other state at the same cost, (rows,) as it is at each row."""

    def moves(row: int, sums: Array) -> tuple[Array, Indices]:
        best = int(sums.argmax())
        changed = sums[best] - costs[row]
        return np.maximum(sums, changed), np.where(sums >= changed, np.arange(len(sums)), best)

    return moves


def priced(costs: Array) -> Moves:
    """Return moves that cost what a table (to, from) says."""
    to = np.arange(len(costs))

    def moves(_row: int, sums: Array) -> tuple[Array, Indices]:
        reached = sums - costs
        origins = reached.argmax(1)
        return reached[to, origins], origins

    return moves
