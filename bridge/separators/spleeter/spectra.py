"""The spectra Spleeter works on, and the way back to sound, for a signal that passes by in pieces.

Frames of 4096 samples under a Hann window, 1024 apart; the first begins 4096 samples before the signal, so that every
sample lies in four. Same numbers as the transforms of TensorFlow that Deezer's code calls.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.separators.spleeter.unet import BINS, CHANNELS, FRAMES

Array = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]

SIZE = 4096
"""Samples of a frame."""
HOP = 1024
"""Samples between two; a quarter of the size, which :meth:`Sound.add` relies on."""
LEAD = SIZE
"""Silence before the signal."""
STEP = FRAMES * HOP
"""Samples that a piece of frames moves on."""
SPAN = (FRAMES - 1) * HOP + SIZE
"""Samples under the frames of a piece."""
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE)).astype(np.float32)
"""Hann, periodic."""
BACK = WINDOW * np.float32(2 / 3)
"""The window of the way back: four squared windows sum to 3/2 at every sample."""


def pieces(length: int) -> int:
    """Count the pieces of frames that hold a signal."""
    frames = -(-(length + LEAD) // HOP)
    return -(-frames // FRAMES)


def spectra(audio: Array) -> Spectrum:
    """(channels, 512, 2049): the frames of (channels, :data:`SPAN`) samples."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, SIZE, axis=1)[:, ::HOP]
    return np.stack([np.fft.rfft(channel * WINDOW, axis=1) for channel in frames])


class Sound:
    """Joins the frames of one stem to sound, piece by piece."""

    def __init__(self) -> None:
        self._open = np.zeros((CHANNELS, SIZE // HOP - 1, HOP), np.float32)
        """Sound of the last frames so far beyond their own hop."""

    def add(self, spectrum: Spectrum) -> Array:
        """(channels, :data:`STEP`): the samples that are final once the next frames, (channels, 512, 2049), are in."""
        sound = np.empty((CHANNELS, STEP), np.float32)
        hops = np.empty((FRAMES + SIZE // HOP - 1, HOP), np.float32)
        for channel, bins in enumerate(spectrum):
            hops[:] = 0
            hops[: SIZE // HOP - 1] = self._open[channel]
            frames = np.fft.irfft(bins, SIZE, axis=1)
            frames *= BACK
            for quarter in range(SIZE // HOP):
                hops[quarter : quarter + FRAMES] += frames[:, quarter * HOP : (quarter + 1) * HOP]
            sound[channel] = hops[:FRAMES].reshape(-1)
            self._open[channel] = hops[FRAMES:]
        return sound


def magnitudes(spectrum: Spectrum) -> Array:
    """(1, channels, 512, 1024): what the network hears of a piece."""
    return np.ascontiguousarray(np.abs(spectrum[:, :, :BINS])[None])


def masked(spectrum: Spectrum, mask: Array, *, extended: bool) -> Spectrum:
    """A stem's part of a piece.

    Args:
        spectrum: of the mix.
        mask: (channels, 512, 1024), the shares below 11 kHz.
        extended: whether the mean share of a frame goes on above, where the network does not listen; else nothing
            is left there.
    """
    stem = np.zeros_like(spectrum)
    np.multiply(spectrum[:, :, :BINS], mask, out=stem[:, :, :BINS])
    if extended:
        np.multiply(spectrum[:, :, BINS:], mask.mean(2, keepdims=True), out=stem[:, :, BINS:])
    return stem
