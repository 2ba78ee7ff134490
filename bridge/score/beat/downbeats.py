"""Odds that each beat begins a bar.

By a perceptron over the beats around it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.score.beat.features import CHANNELS, RATE_HZ
from bridge.score.beat.pulse_net import CHANNELS_HEARD
from bridge.score.perceptron import DATA, load_weights, perceptron

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

WEIGHTS = DATA / "bars.npz"
"""Made by training/beat/bars.py."""
BAR_LAGS = (2, 3, 4, 5, 6, 7, 8)
"""Beats after which the same may come again."""
CONTEXT = 4
"""Beats to each side that tell whether one begins a bar."""
BAR_INPUTS = (CHANNELS + CHANNELS_HEARD) * (2 * CONTEXT + 1 + 3 + len(BAR_LAGS) + 1)


def bar_odds(every: Floats, beats: Array) -> Array:
    """(beats,) log odds of beginning a bar.

    Args:
        every: as of :func:`bridge.score.beat.pulse_net.stacked`.
        beats: times in seconds.
    """
    return perceptron(seen_in_bars(every, beats), load_weights(WEIGHTS, np.float64), ("first", "last"))[:, 0]


def seen_in_bars(every: Floats, beats: Array) -> Array:
    """(beats, BAR_INPUTS) inputs of the perceptron."""
    values = _at(every.astype(np.float64), beats, (0.0, 0.5))
    on = np.pad(values[:, 0], ((0, 0), (CONTEXT, CONTEXT)))
    half = np.pad(values[:, 1], ((0, 0), (1, 1)))
    count = len(beats)
    around = [on[:, i : i + count] for i in range(2 * CONTEXT + 1)] + [half[:, i : i + count] for i in range(3)]
    song = np.concatenate([*(_recurrence(values[:, 0], lag) for lag in BAR_LAGS), every.mean(1) * 4.0])
    own = np.concatenate(around).T
    return np.concatenate([own, np.tile(song, (count, 1))], 1)


def _at(every: Array, beats: Array, places: tuple[float, ...]) -> Array:
    """(channels, places, beats) the curves at places within each beat."""
    index = np.arange(len(beats))
    times = np.stack([np.interp(index + p, index, beats) for p in places])
    times[:, -1] += np.array(places) * (beats[-1] - beats[-2] if len(beats) > 1 else 0.0)
    frames = np.round(times * RATE_HZ).astype(np.int64).clip(0, every.shape[1] - 1)
    return every[:, frames]


def _recurrence(values: Array, lag: int) -> Array:
    """(channels,) how alike each curve is, at the beats, to itself some beats later."""
    if values.shape[1] <= lag:
        return np.zeros(len(values))
    result: Array = (values[:, lag:] * values[:, :-lag]).sum(1) / ((values**2).sum(1) + 0.5)
    return result
