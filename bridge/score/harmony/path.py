"""The best path through states of which any may follow any other at the same cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def best_path(odds: Array, costs: Array) -> npt.NDArray[np.int64]:
    """The state of each row with the greatest sum of ``odds``, less the cost of each change.

    Args:
        odds: (rows, states).
        costs: (rows,) what it costs to be in another state than the row before.
    """
    rows, states = odds.shape
    score = odds[0].copy()
    back = np.zeros((rows, states), dtype=np.int64)
    stay = np.arange(states)
    for i in range(1, rows):
        best = int(score.argmax())
        change = score[best] - costs[i]
        back[i] = np.where(score >= change, stay, best)
        score = np.maximum(score, change) + odds[i]
    path = np.zeros(rows, dtype=np.int64)
    path[-1] = score.argmax()
    for i in range(rows - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path
