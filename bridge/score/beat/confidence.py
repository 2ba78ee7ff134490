"""Judge how sure the beat is.

Nineteen of twenty that are called certain are right.
"""

from __future__ import annotations

MIN_SHARE, MIN_SHARE_STRAYING = 0.93, 0.95
"""Probability that the beat must have, with a constant tempo and with one that strays (training/beat/README.md)."""
MIN_SHARE_WITHOUT_PULSE = 0.4
"""Probability that it must have where the onsets themselves have no pulse; it is a guess then. Of 78 recordings of
onsets at random 76 stay under it (training/beat/README.md)."""


def is_certain(share: float, constant: bool) -> bool:
    """Return whether a beat is as good as sure.

    Args:
        share: probability that it is right.
        constant: whether the tempo is constant.
    """
    return share >= (MIN_SHARE if constant else MIN_SHARE_STRAYING)
