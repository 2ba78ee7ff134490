"""Find peaks of curves over frames, and their places between frames."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Plateau = Literal["first", "last", "none"]
"""The frame of a flat top that is its peak."""


def local_maxima(curve: npt.NDArray[Any], plateau: Plateau = "first") -> npt.NDArray[np.bool_]:
    """Return where a curve (frames, ...) is higher than a frame before and after.

    Nothing lies beyond the edges: the first frame is a peak where the curve falls from there.
    """
    here, following = curve[:-1], curve[1:]
    rises, falls = np.ones(curve.shape, np.bool_), np.ones(curve.shape, np.bool_)
    rises[1:] = following >= here if plateau == "last" else following > here
    falls[:-1] = here >= following if plateau == "first" else here > following
    return rises & falls


def between_frames(curve: npt.NDArray[Any], peak: int) -> float:
    """Return the place in frames of a peak of ``curve`` (frames,); at an edge the peak itself."""
    if not 0 < peak < len(curve) - 1:
        return float(peak)
    return peak + parabola(*curve[peak - 1 : peak + 2].tolist())


def parabola(left: float, here: float, right: float) -> float:
    """Return the top's distance from the middle of three neighbours, -0.5 to 0.5; 0 where they do not bow up."""
    bow = left - 2.0 * here + right
    # Numbers, not arrays: most callers have one peak at a time, for which numpy is ten times slower.
    return min(0.5, max(-0.5, 0.5 * (left - right) / bow)) if bow < -1e-9 else 0.0
