"""The network that hears pulses.

Beats, bar lines and the tempo in the curves: what a listener taps before he counts. Dilated convolutions over
steps of 40 ms that see ten seconds to each side, trained on songs whose beats are known (training/beat/pulse_net.py).
Its beats follow music that strays; which of its readings is the beat is judged elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.score.beat.features import CHANNELS, RATE_HZ
from bridge.score.perceptron import DATA, load_weights

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

WEIGHTS = DATA / "pulse.npz"
"""Made by training/beat/pulse_net.py."""
SUBSTEPS = 4
"""Frames of a step."""
STEPS_HZ = RATE_HZ // SUBSTEPS
CHANNELS_IN = CHANNELS * SUBSTEPS
WIDTH, KERNEL = 32, 5
DILATIONS = (1, 2, 4, 8, 16, 32, 64)
BINS_BPM = tuple(np.geomspace(30.0, 320.0, 120))
"""Tempi of which one is said."""
CHANNELS_HEARD = 2
"""Curves that it adds."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Beats, bar lines and tempo."""

    beat: Array
    """(frames,) 0..1 whether a beat is there, at :data:`RATE_HZ`."""
    bar: Array
    """(frames,) 0..1 whether a bar begins there."""
    tempo: Array
    """(bins,) log probability of each of :data:`BINS_BPM`."""


def hear_beats(curves: Array) -> Heard:
    """Return where the network hears beats.

    Args:
        curves: as of :func:`bridge.score.beat.features.smeared`.
    """
    w, count = load_weights(WEIGHTS, np.float32), curves.shape[1]
    size = -(-count // SUBSTEPS)
    padded = np.pad(curves, ((0, 0), (0, size * SUBSTEPS - count))).astype(np.float32)
    steps = padded.reshape(CHANNELS, size, SUBSTEPS).transpose(0, 2, 1).reshape(CHANNELS_IN, size)
    h = convolved(steps, w["first_weight"], w["first_bias"], 1)
    for i, dilation in enumerate(DILATIONS):
        if i == len(DILATIONS) // 2:
            h = h + (w["song_weight"] @ h.mean(1) + w["song_bias"])[:, None]
        h = h + convolved(h, w[f"layers_{i}_weight"], w[f"layers_{i}_bias"], dilation)
    said = w["beats_weight"][:, :, 0] @ h + w["beats_bias"][:, None]
    pooled = convolved(h, w["pooled_weight"], w["pooled_bias"], 1).mean(1)
    tempo = (w["tempo_weight"] @ pooled + w["tempo_bias"]).astype(np.float64)
    tempo -= tempo.max()
    # Two values a step, 20 ms apart, become one a frame.
    curve = [1.0 / (1.0 + np.exp(-said[k : k + 2].T.ravel().astype(np.float64))) for k in (0, 2)]
    at, places = np.arange(count) / (SUBSTEPS / 2), np.arange(2 * size)
    beat, bar = (np.interp(at, places, c) for c in curve)
    return Heard(beat, bar, tempo - np.log(np.exp(tempo).sum()))


def nothing_heard(frames: int) -> Heard:
    """Stand in where no notes are known."""
    return Heard(np.zeros(frames), np.zeros(frames), np.full(len(BINS_BPM), -np.log(len(BINS_BPM))))


def stacked(curves: Array, heard: Heard) -> Floats:
    """All curves, with those of the network.

    (CHANNELS + CHANNELS_HEARD, frames).
    """
    return np.concatenate([curves, heard.beat[None], heard.bar[None]]).astype(np.float32)


def convolved(h: Floats, weight: Floats, bias: Floats, dilation: int) -> Floats:
    """Convolve over time, of the same length, and rectify.

    Args:
        h: (channels, steps)
        weight: (outputs, channels, kernel)
        bias: (outputs,)
        dilation: steps between those that one output sees.
    """
    kernel, count = weight.shape[2], h.shape[1]
    reach = dilation * (kernel // 2)
    padded = np.pad(h, ((0, 0), (reach, reach)))
    steps = padded.T
    total = bias + sum(steps[k * dilation : k * dilation + count] @ weight[:, :, k].T for k in range(kernel))
    result: Floats = np.maximum(np.float32(0), total).T
    return result
