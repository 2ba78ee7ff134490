"""Matrix products on one thread.

BLAS shares larger ones among threads that wait for each other; on a busy machine that takes ten times as long.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

ALONE = 120_000
"""Multiplications that OpenBLAS leaves to one thread; from 131,072 on it takes all."""


def product(left: Floats, right: Floats) -> Floats:
    """``left @ right``, some rows at a time."""
    rows = max(1, ALONE // max(1, right.size))
    if len(left) <= rows:
        return left @ right
    result = np.empty((len(left), right.shape[1]), np.float32)
    for first in range(0, len(left), rows):
        np.matmul(left[first : first + rows], right, out=result[first : first + rows])
    return result
