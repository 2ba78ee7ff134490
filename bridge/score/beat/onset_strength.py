"""Onset strength: how much begins to sound, 100 times a second. What beats are found in.

Spectral flux on a log-frequency scale after S. Boeck and G. Widmer, "Maximum filter vibrato suppression for onset
detection" (DAFx 2013), without the maximum filter; computed in blocks, so that memory does not grow with the sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.audio.recording import Recording

Array = npt.NDArray[np.float64]

RATE_HZ = 100
"""Frames of the envelope per second: 10 ms, refined to about 2 ms between frames afterwards."""
WINDOW_S = 0.0232
"""1,024 samples at 44.1 kHz: short enough for a drum's attack, long enough to tell 43 Hz steps apart."""
BANDS = 36
"""Log-spaced bands from 40 Hz to 14 kHz, about four an octave."""
LOW_BANDS = 6
"""The lowest of them, up to about 110 Hz: where kick and bass are."""
COMPRESSION = 300.0
"""In log(1 + c * magnitude): quiet music 50 dB under full scale still counts."""
MIN_DEVIATION = 2.0
"""Rise over all bands that counts as one deviation at the least. A held sawtooth trembles by up to 1.9, a sine by 0.3;
the onsets of songs reach 60 to 120, the softest music's some 10."""
AT_ONCE = 64
"""Frames transformed at a time: half a megabyte of samples stays in the processor's second cache."""
LATENCY_S = -0.004
"""Added to a frame's centre: the flux peaks this much after a click; measured on clicks at known times."""


@dataclass(frozen=True, slots=True)
class OnsetStrength:
    """Two envelopes at :data:`RATE_HZ`.

    Frame i stands for i / RATE_HZ seconds.
    """

    full: Array
    """(frames,) all bands, levelled to mean 0 and deviation 1."""
    low: Array
    """(frames,) the low bands, levelled the same way."""


def onset_strength(mix: Recording, report: Callable[[str, float], None]) -> OnsetStrength:
    """The onset strength of a recording.

    Args:
        mix: any rate, any number of channels.
        report: progress and stop point, stage "score".
    """
    hop = mix.rate / RATE_HZ
    size = round(WINDOW_S * mix.rate)
    window = np.hanning(size)
    weights = _bands(mix.rate, size)
    frames = int(mix.length_s * RATE_HZ) + 1
    flux = np.zeros((2, frames))
    before: Array | None = None
    for first, pieces in _pieces(mix, size, hop):
        spectrum = np.abs(np.fft.rfft(pieces * window, axis=1)) * (4.0 / size)
        bands = np.log1p(COMPRESSION * (spectrum @ weights))
        previous = np.concatenate([bands[:1] if before is None else before, bands[:-1]])
        rise = np.maximum(0.0, bands - previous)
        last = min(frames, first + len(rise))
        flux[0, first:last] = rise.sum(1)[: last - first]
        flux[1, first:last] = rise[:, :LOW_BANDS].sum(1)[: last - first]
        before = bands[-1:]
        report("score", min(0.9, 0.9 * last / frames))
    return OnsetStrength(level(flux[0]), level(flux[1]))


def _pieces(mix: Recording, size: int, hop: float) -> Iterator[tuple[int, Array]]:
    """(index of the first frame, (frames, size) samples), each frame centred on its time."""
    lead = size // 2 - round(LATENCY_S * mix.rate)
    kept: Array = np.zeros(lead)
    start, frame = -lead, 0
    for block in mix.blocks():
        kept = np.concatenate([kept, block.mean(0, dtype=np.float64)])
        count = int((start + len(kept) - size + lead) / hop) + 1 - frame
        if count > 0:
            places = np.round((frame + np.arange(count)) * hop).astype(np.int64) - lead - start
            every = np.lib.stride_tricks.sliding_window_view(kept, size)
            yield from ((frame + k, every[places[k : k + AT_ONCE]]) for k in range(0, count, AT_ONCE))
            frame += count
            drop = round(frame * hop) - lead - start
            kept, start = kept[drop:], start + drop


def _bands(rate: int, size: int) -> Array:
    """(bins, bands) weights, triangles on a log scale; a band always has a bin."""
    edges = np.geomspace(40.0, min(14_000.0, 0.45 * rate), BANDS + 2) * size / rate
    bins = np.arange(size // 2 + 1)[:, None]
    low, mid, high = edges[:-2], edges[1:-1], edges[2:]
    # At the low end bands are narrower than a bin: there each takes at least one bin's width.
    rising = (bins - low) / np.maximum(mid - low, 1.0)
    falling = (high - bins) / np.maximum(high - mid, 1.0)
    weights: Array = np.maximum(0.0, np.minimum(rising, falling))
    nearest = np.round(mid).astype(int)
    weights[nearest, np.arange(BANDS)] = np.maximum(weights[nearest, np.arange(BANDS)], 0.5)
    return weights


def level(flux: Array) -> Array:
    """Flux less its local mean, over its deviation within some seconds, so that quiet passages count too."""
    spread = 3 * RATE_HZ
    mean = _running_mean(flux, RATE_HZ // 2)
    raised = np.maximum(0.0, flux - mean)
    power = np.sqrt(_running_mean(raised**2, spread))
    # A tenth of the whole's deviation as floor: a fade-out is followed, hiss after the end is not.
    floor = max(MIN_DEVIATION, 0.1 * float(np.sqrt((raised**2).mean())))
    levelled: Array = raised / np.maximum(power, floor)
    return levelled


def _running_mean(values: Array, half: int) -> Array:
    """Mean over 2 * half + 1 frames, fewer at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    low, high = np.maximum(0, index - half), np.minimum(len(values), index + half + 1)
    mean: Array = (sums[high] - sums[low]) / (high - low)
    return mean
