"""A constant tempo, and whether beats have one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

DRIFT_S = 0.018
"""Beats may run this far beside a constant tempo for some time: a drummer to a click leans, a free one strays."""
DRIFT_BEATS = 9
"""Beats whose median tells drift from jitter: two bars of four."""
LEAST_NEAR, NEAR_S = 0.75, 0.035
"""Share of the beats that must lie this near to the constant tempo."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """A constant tempo."""

    start_s: float
    """Time of beat 0."""
    period_s: float
    """Seconds from beat to beat."""


def steady_pulse(beats: Array) -> Pulse | None:
    """The constant tempo of beats, None where they stray from any.

    Args:
        beats: (beats,) times in seconds; one may be missing or too many where music pauses.
    """
    gaps = np.diff(beats)
    if len(gaps) < 3:
        return None
    period_s = float(np.median(gaps))
    for _ in range(3):
        numbers = np.concatenate([[0.0], np.cumsum(np.round(gaps / period_s))])
        if len(np.unique(numbers)) < 4:
            return None
        # Theil and Sen's slope over half the beats apart: no outlier moves it.
        half = len(beats) // 2
        rise = numbers[half:] - numbers[: len(beats) - half]
        period_s = float(np.median((beats[half:] - beats[: len(beats) - half])[rise > 0] / rise[rise > 0]))
    off = beats - period_s * numbers
    start_s = float(np.median(off))
    off = off - start_s
    if float((np.abs(off) <= NEAR_S).mean()) < LEAST_NEAR:
        return None
    size = min(DRIFT_BEATS, len(off))
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(off, size), axis=1)
    return Pulse(start_s, period_s) if float(np.abs(smooth).max()) <= DRIFT_S else None
