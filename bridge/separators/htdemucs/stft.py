"""The spectrogram HTDemucs works on, and its inverse, in numpy.

Same numbers as ``HTDemucs._spec`` and ``_ispec`` of the demucs package (float32, to 1e-5): Hann window of 4096,
hop 1024, scaled by 1/sqrt(4096), the signal mirrored at its ends so that there is one frame per hop, the top bin
left out. Written for a fixed length, so that windows and buffers are made once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

SIZE = 4096
"""Samples of one transform."""
HOP = 1024
"""Samples between two; a quarter of the size, which the overlap-add below relies on."""
BINS = SIZE // 2
"""Bins kept: all but the top one."""
_EDGE = HOP // 2 * 3
"""Samples mirrored before the signal's start, so that frame 0 is centred on the middle of the first hop."""


def frame_count(length: int) -> int:
    """Frames of a signal of ``length`` samples."""
    return -(-length // HOP)


def _window() -> Array:
    """Periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE)).astype(np.float32)


class Spectrogram:
    """Forward and inverse transform of stereo signals of one length.

    Args:
        length: samples per channel.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.frames = frame_count(length)
        window = _window()
        # The transform's 1/sqrt(size), and for the way back the sum of four squared windows (1.5), go into
        # the windows: one multiplication less per sample.
        self._analysis = window / np.float32(np.sqrt(SIZE))
        self._synthesis = window * np.float32(np.sqrt(SIZE) / 1.5)

    def forward(self, audio: Array) -> Array:
        """Spectrogram as real numbers.

        (2 * channels, bins, frames), real and imaginary part per channel.

        Args:
            audio: (channels, length).
        """
        channels = audio.shape[0]
        tail = _EDGE + self.frames * HOP - self.length
        mirrored = np.pad(audio, ((0, 0), (_EDGE, tail)), mode="reflect")
        out = np.empty((2 * channels, BINS, self.frames), np.float32)
        for channel in range(channels):
            views = np.lib.stride_tricks.sliding_window_view(mirrored[channel], SIZE)[::HOP]
            bins = np.fft.rfft(views * self._analysis, axis=1)[:, :BINS]
            out[2 * channel] = bins.real.T
            out[2 * channel + 1] = bins.imag.T
        return out

    def inverse(self, spectrum: Array) -> Array:
        """Audio (channels, length) of a spectrogram laid out as :meth:`forward` gives it."""
        channels = spectrum.shape[0] // 2
        audio = np.empty((channels, self.length), np.float32)
        bins = np.zeros((self.frames, BINS + 1), np.complex64)
        hops = np.empty((self.frames + 3, HOP), np.float32)
        for channel in range(channels):
            bins.real[:, :BINS] = spectrum[2 * channel].T
            bins.imag[:, :BINS] = spectrum[2 * channel + 1].T
            pieces = np.fft.irfft(bins, SIZE, axis=1).astype(np.float32, copy=False)
            pieces *= self._synthesis
            hops[:] = 0
            for quarter in range(4):
                hops[quarter : quarter + self.frames] += pieces[:, quarter * HOP : (quarter + 1) * HOP]
            audio[channel] = hops.reshape(-1)[_EDGE : _EDGE + self.length]
        return audio
