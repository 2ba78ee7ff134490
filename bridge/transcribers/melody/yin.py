"""A pitch tracker for basses, down to 27.5 Hz: YIN's difference function with pYIN's thresholds.

Source: de Cheveigné and Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111
(2002); Mauch and Dixon, "pYIN", ICASSP 2014. Differences: the thresholds' distribution is used in closed form
instead of being sampled, the frame is centred for the middle lag, and the path over time is the
segmentation's own (path.py), over keys instead of fine pitches.

On separated basses of five songs the note net, which hears them by default, reaches F 0.851, this 0.785 and SwiftF0
0.691 (0.39 in the one that mostly plays below G1): it serves who chooses the melody engine for a bass, for bends and
speed.
"""

from __future__ import annotations

import numpy as np

from bridge.audio.recording import Sound
from bridge.audio.spectra import Array, frames
from bridge.transcribers.melody.track import BLOCK_FRAMES, FPS, Track, spread
from bridge.units import A4_HZ, A4_PITCH

RATE = 8_000
"""Hz: four times the highest partials that matter for a bass."""
HOP = RATE // FPS
SUMMED = 512
"""Samples compared, 64 ms: two periods of the lowest E string's half, and short enough for eighths at 150 BPM."""
LAGS = 300
"""Longest period, 37 ms: A0 has 36 ms."""
TRANSFORM = 1024
"""Length of the transforms: SUMMED + LAGS samples and no wrap-around."""
SHAPE = 12.0
"""Of the Beta(2, 12) distribution of thresholds, mean 0.14: pYIN's middle choice."""
FLOOR = 1e-7
"""Added to the sum of squares, so that digital silence, 0 / 0, has no pitch."""


class YinTracker:
    """See the module.

    Args:
        lowest: lowest key, MIDI.
        highest: highest key, MIDI.
    """

    def __init__(self, lowest: int = 21, highest: int = 72) -> None:
        self.lowest, self.count = lowest, highest - lowest + 1

    def track(self, recording: Sound, first: int) -> Track:
        """See :class:`bridge.transcribers.melody.track.Tracker`."""
        size = SUMMED + LAGS
        length = (BLOCK_FRAMES - 1) * HOP + size
        samples = recording.mono(RATE, (first * HOP - size // 2) / RATE, length / RATE)
        depth, lag = dips(difference(frames(samples, size, HOP)))
        pitch = A4_PITCH + 12 * np.log2(RATE / lag / A4_HZ)
        depth[pitch > self.lowest + self.count - 0.5] = 1
        chance = first_dip(depth)
        at, column = np.nonzero(chance > 1e-4)
        found, weight = pitch[at, column], chance[at, column]
        keys = spread(BLOCK_FRAMES, self.lowest, self.count, at, found, weight)
        best = chance.argmax(1)
        rows = np.arange(len(best))
        top = np.where(chance[rows, best] > 1e-4, pitch[rows, best], np.nan)
        return Track(keys, np.asarray(top, np.float32))


def difference(framed: Array) -> Array:
    """(frames, LAGS): YIN's cumulative mean normalised difference; 0 at a perfect period, about 1 without."""
    spectrum = np.fft.rfft(framed, TRANSFORM, axis=1)
    start = np.fft.rfft(framed[:, :SUMMED], TRANSFORM, axis=1)
    product = np.fft.irfft(spectrum * start.conj(), TRANSFORM, axis=1)[:, :LAGS]
    energy = np.cumsum(np.pad(framed.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
    moving = energy[:, SUMMED : SUMMED + LAGS] - energy[:, :LAGS]
    raw = np.maximum(moving[:, :1] + moving - 2 * product, 0)
    lags = np.arange(1, LAGS)
    out = np.ones_like(raw)
    out[:, 1:] = raw[:, 1:] * lags / (np.cumsum(raw[:, 1:], axis=1) + FLOOR)
    return np.asarray(out, np.float32)


def dips(normalised: Array) -> tuple[Array, Array]:
    """(depth, lag), each (frames, LAGS - 2): minima between samples by parabolas; depth 1 where there is none."""
    before, middle, after = normalised[:, :-2], normalised[:, 1:-1], normalised[:, 2:]
    is_dip = (middle < before) & (middle <= after)
    bow = np.where(is_dip, np.maximum(before - 2 * middle + after, 1e-9), 1)
    shift = np.where(is_dip, 0.5 * (before - after) / bow, 0)
    depth = np.where(is_dip, np.clip(middle - 0.25 * (before - after) * shift, 0, 1), 1)
    return depth, np.asarray(np.arange(1, LAGS - 1) + shift, np.float32)


def first_dip(depth: Array) -> Array:
    """Probability of each dip to be the first one under a threshold, the threshold being Beta distributed."""
    lowest_before = np.minimum.accumulate(depth, axis=1)
    lowest_before = np.concatenate([np.ones((len(depth), 1), depth.dtype), lowest_before[:, :-1]], axis=1)
    return np.asarray(np.maximum(_under(lowest_before) - _under(depth), 0), np.float32)


def _under(threshold: Array) -> Array:
    """Distribution function of Beta(2, SHAPE)."""
    return np.asarray(1 - (1 - threshold) ** SHAPE * (1 + SHAPE * threshold))
