"""Compute the drum net's input.

Log-frequency spectra at 100 frames a second, in three window lengths.

The short window keeps attacks apart, the long one tells a kick from a floor tom. Training imports
this module, so that the net is used on what it was trained on.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

RATE = 44_100
"""Hz of the audio that goes in."""
HOP = 441
"""Samples from frame to frame: 10 ms."""
FRAMES_PER_S = RATE // HOP
WINDOWS = (1024, 2048, 4096)
"""Window lengths in samples (23, 46 and 93 ms), one input channel each."""
BANDS = 80
MIN_HZ, MAX_HZ = 30.0, 16_000.0
"""Under a kick's fundamental; above it lossy files hold nothing that tells hats from cymbals."""
COMPRESSION = 1000.0
"""Magnitudes enter as log10(1 + 1000 m): a full-scale sine gives 3, what is 60 dB below it 0.3."""
CHUNK = 64
"""Frames transformed at a time: their longest windows, 1 MB, stay in the processor's cache, and in the process's
memory."""
MIX_RMS = 0.1
"""The mix is brought to this level (-20 dBFS), so that a stem of mere leakage stays low."""


@lru_cache(maxsize=len(WINDOWS))
def _window(size: int) -> Array:
    """A Hann window (size,), scaled so that a full-scale sine has magnitude 1."""
    window = np.hanning(size + 1)[:-1]
    scaled: Array = (window * 2 / window.sum()).astype(np.float32)
    return scaled


@lru_cache(maxsize=len(WINDOWS))
def _filters(size: int) -> Array:
    """Triangles (size // 2 + 1, BANDS) on a log-frequency axis, none narrower than one bin of the FFT."""
    centres = np.geomspace(MIN_HZ, MAX_HZ, BANDS)
    ratio = centres[1] / centres[0]
    bin_hz = RATE / size
    hz = np.arange(size // 2 + 1)[:, None] * bin_hz
    below = np.maximum(centres - centres / ratio, bin_hz)
    above = np.maximum(centres * ratio - centres, bin_hz)
    rising, falling = 1 - (centres - hz) / below, 1 - (hz - centres) / above
    triangles: Array = np.maximum(0, np.where(hz < centres, rising, falling)).astype(np.float32)
    return triangles


def frame_count(samples: int) -> int:
    """Frames that cover ``samples``.

    Frame i is centred on sample i * HOP.
    """
    return samples // HOP + 1


def spectra(audio: Array) -> Array:
    """Compressed spectra (frames, 3, 80) of mono ``audio`` (samples,) at 44.1 kHz, silence around it.

    Give a piece of a longer recording half of the longest window on both sides to join it up exactly.
    """
    frames = frame_count(len(audio))
    out: Array = np.empty((frames, len(WINDOWS), BANDS), np.float32)
    for channel, size in enumerate(WINDOWS):
        padded = np.pad(audio.astype(np.float32, copy=False), size // 2)
        strided = np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP][:frames]
        for start in range(0, len(strided), CHUNK):
            piece = strided[start : start + CHUNK] * _window(size)
            magnitude = np.abs(np.fft.rfft(piece, axis=1)).astype(np.float32, copy=False)
            out[start : start + len(piece), channel] = magnitude @ _filters(size)
    compressed: Array = np.log10(1 + COMPRESSION * out)
    return compressed
