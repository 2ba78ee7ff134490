"""Judge how sure the beat is.

Nineteen of twenty that are called certain are right.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.score.beat.reading import best_share

Array = npt.NDArray[np.float64]

MIN_SHARE, MIN_SHARE_STRAYING = 0.93, 0.97
"""Probability that the best reading must have, of a constant tempo and of one that strays. On 127 excerpts kept apart
(training/beat/evaluate.py) all but one of the constant ones above it had a beat F above .95."""


def is_certain(odds: Array, constant: bool) -> bool:
    """Return whether a beat is as good as sure.

    Args:
        odds: (readings,) how well each reading of the pulse fits.
        constant: whether the tempo is constant.
    """
    return best_share(odds) >= (MIN_SHARE if constant else MIN_SHARE_STRAYING)
