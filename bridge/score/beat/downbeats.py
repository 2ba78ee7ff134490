"""Odds that each beat begins a bar.

By a small network over the beats: convolutions that see thirty beats to each side, and how alike the song is to itself
some beats later.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.score.beat.features import CHANNELS, RATE_HZ
from bridge.score.beat.pulse_net import CHANNELS_HEARD, convolved
from bridge.score.perceptron import DATA, load_weights

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

WEIGHTS = DATA / "bars.npz"
"""Made by training/beat/bars.py."""
BAR_LAGS = (2, 3, 4, 5, 6, 7, 8)
"""Beats after which the same may come again."""
PLACES = (0.0, 0.25, 0.5, 0.75)
"""Places within a beat at which is looked."""
WIDTH, FIRST_KERNEL, KERNEL = 32, 3, 5
STEPS = (1, 2, 4, 8)
"""Beats between those that each further layer sees."""
BEAT_INPUTS = (CHANNELS + CHANNELS_HEARD) * len(PLACES) + 1
"""Of each beat; the last is 1, so that what lies beyond the song is told from silence."""
SONG_INPUTS = (CHANNELS + CHANNELS_HEARD) * (len(BAR_LAGS) + 1)


def bar_odds(every: Floats, beats: Array) -> Array:
    """(beats,) log odds of beginning a bar.

    Args:
        every: as of :func:`bridge.score.beat.pulse_net.stacked`.
        beats: times in seconds.
    """
    w = load_weights(WEIGHTS, np.float32)
    own, song = seen_in_bars(every, beats)
    told = w["song_weight"] @ song + w["song_bias"]
    h = convolved(own, w["first_weight"], w["first_bias"] + told, 1)
    for i, step in enumerate(STEPS):
        h = h + convolved(h, w[f"layers_{i}_weight"], w[f"layers_{i}_bias"], step)
    odds: Array = (w["out_weight"][:, :, 0] @ h + w["out_bias"][:, None])[0].astype(np.float64)
    return odds


def seen_in_bars(every: Floats, beats: Array) -> tuple[Floats, Floats]:
    """(BEAT_INPUTS, beats) of each beat and (SONG_INPUTS,) of all together."""
    values = _at(every.astype(np.float32), beats, PLACES)
    own = np.concatenate([values.reshape(-1, len(beats)), np.ones((1, len(beats)), np.float32)])
    song = np.concatenate([*(_recurrence(values[:, 0], lag) for lag in BAR_LAGS), every.mean(1) * 4.0])
    return own, song.astype(np.float32)


def _at(every: Floats, beats: Array, places: tuple[float, ...]) -> Floats:
    """(channels, places, beats) the curves at places within each beat."""
    last = beats[-1] - beats[-2] if len(beats) > 1 else 0.0
    times = beats + np.array(places)[:, None] * np.append(np.diff(beats), last)
    frames = np.round(times * RATE_HZ).astype(np.int64).clip(0, every.shape[1] - 1)
    return every[:, frames]


def _recurrence(values: Floats, lag: int) -> Floats:
    """(channels,) how alike each curve is, at the beats, to itself some beats later."""
    if values.shape[1] <= lag:
        return np.zeros(len(values), np.float32)
    result: Floats = (values[:, lag:] * values[:, :-lag]).sum(1) / ((values**2).sum(1) + np.float32(0.5))
    return result
