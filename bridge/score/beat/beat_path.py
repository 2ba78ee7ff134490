"""Beats through a curve by dynamic programming.

The best path through what each moment is worth as a beat, with steps of about a known period, for several
curves at once: D. Ellis, "Beat Tracking by Dynamic Programming" (Journal of New Music Research, 2007).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.score.beat.variable_tempo import TIGHTNESS, traced_back

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

FARTHEST = 1.6
"""Periods that a step may span; further steps cost more than any beat is worth."""


def beat_paths(strength: Array, period: Array) -> list[Indices]:
    """Beats of each curve, in frames.

    Args:
        strength: (curves, frames) how much each frame is a beat.
        period: (curves, frames) frames from beat to beat, expected at each.
    """
    count, frames = strength.shape
    shortest = max(1, int(period.min() / FARTHEST))
    lags = np.arange(int(np.ceil(period.max() * FARTHEST)), shortest - 1, -1)
    log_lags, log_period = np.log(lags), np.log(period)
    score = np.concatenate([np.full((count, lags[0]), -1e9), strength], 1)
    back = np.full((count, frames), -1, dtype=np.int64)
    rows = np.arange(count)
    for frame in range(shortest, frames):
        # Column k of what came before lies lags[k] frames back.
        before = score[:, frame : frame + len(lags)]
        reached = before - TIGHTNESS * (log_lags - log_period[:, frame, None]) ** 2
        best = reached.argmax(1)
        gain = reached[rows, best]
        score[:, lags[0] + frame] += np.maximum(0.0, gain)
        back[:, frame] = np.where(gain > 0, frame - lags[best], -1)
    return [traced_back(s, b, p) for s, b, p in zip(score[:, lags[0] :], back, period[:, -1], strict=True)]
