"""Make a bank of bins out of a transform.

The bins are variable-Q by spectral kernels (Brown and Puckette 1992; the offset gamma of Schörkhuber 2014): Hann
windows, the longer the lower the bin; amplitude 1 of a sine gives 1 in its bin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

SLOWER = 8
"""Samples of which :func:`slowed` keeps one."""
TAPS = 80
"""Of the low-pass before it, and one in the middle: what would fold onto bins below a sixth of the slower rate is
100 dB down."""
BETA = 10.0
"""Of the Kaiser window over them, for these 100 dB."""
LEAST = 1e-3
"""Of a kernel's largest value: what is smaller is left out."""
BANDS = 6
"""Groups of bins that share a dense block, which skips most zeros."""


def window_samples(hz: npt.NDArray[np.float64], rate: float, bins_per_octave: int, gamma_hz: float) -> Array:
    """Length of each bin's window."""
    return np.asarray(rate / ((2.0 ** (1.0 / bins_per_octave) - 1.0) * hz + gamma_hz), np.float32)


class Bank:
    """Bins over transforms of one size.

    Args:
        hz: their middles.
        length: samples of their windows, none longer than the transform.
        rate: of the sound.
        size: of the transform.
        response: of what the sound went through before, at each bin of the transform.
    """

    def __init__(
        self,
        hz: npt.NDArray[np.float64],
        length: Array,
        rate: float,
        size: int,
        response: npt.NDArray[np.float64] | float = 1.0,
    ) -> None:
        t = np.arange(size) - size / 2
        self.size = size
        self._blocks: list[tuple[int, int, Array]] = []
        for part in np.array_split(np.arange(len(hz)), BANDS):
            atom = np.zeros((len(part), size), np.complex128)
            for row, f, samples in zip(atom, hz[part], length[part], strict=True):
                inside = np.flatnonzero(np.abs(t) < samples / 2)
                s = t[inside]
                window = 0.5 + 0.5 * np.cos(2 * np.pi * s / samples)
                row[inside] = window / window.sum() * 2.0 * np.exp(2j * np.pi * f * s / rate)
            kernel = np.fft.fft(atom, axis=1)[:, : size // 2 + 1] / size
            height = np.abs(kernel)
            used = np.flatnonzero(height.max(0) > LEAST * height.max())
            low, high = int(used[0]), int(used[-1]) + 1
            # Real, for the atoms are symmetric about the middle of the window: half the work.
            real = (kernel.real / response)[:, low:high]
            self._blocks.append((low, high, np.ascontiguousarray(real.T, np.float32)))

    def __call__(self, sound: Array, hop: int, count: int) -> Array:
        """(2 * count, bins), the real parts above the imaginary ones, of windows from the sound's first sample on."""
        windows = np.lib.stride_tricks.sliding_window_view(sound, self.size)[::hop][:count]
        spectra = np.fft.rfft(windows, axis=1)
        parts = np.concatenate([spectra.real, spectra.imag]).astype(np.float32, copy=False)
        return np.concatenate([parts[:, low:high] @ block for low, high, block in self._blocks], 1)


def low_pass() -> npt.NDArray[np.float64]:
    """(TAPS + 1,) the filter before every eighth sample is kept."""
    n = np.arange(TAPS + 1) - TAPS / 2
    taps = np.sinc(n / SLOWER) * np.kaiser(TAPS + 1, BETA)
    return np.asarray(taps / taps.sum(), np.float64)


def low_pass_response(bins: int, size: int) -> npt.NDArray[np.float64]:
    """The share of each of the first bins of a transform of the slowed sound that the filter leaves."""
    n = np.arange(TAPS + 1) - TAPS / 2
    turns = np.arange(bins)[:, None] * n / (size * SLOWER)
    return np.asarray(np.cos(2 * np.pi * turns) @ low_pass(), np.float64)


def slowed(sound: Array, taps: Array) -> Array:
    """Every eighth sample of a sound, from its first on, through the filter; silence lies around it.

    Args:
        sound: (samples,).
        taps: (SLOWER, n) of :func:`folded_taps`.
    """
    count = -(-len(sound) // SLOWER)
    steps = taps.shape[1]
    padded = np.zeros((count + steps) * SLOWER, np.float32)
    padded[TAPS // 2 : TAPS // 2 + len(sound)] = sound
    shares = padded.reshape(-1, SLOWER) @ taps
    out = shares[:count, 0].copy()
    for step in range(1, steps):
        out += shares[step : step + count, step]
    return out


def folded_taps() -> Array:
    """(SLOWER, n) the filter, eight taps a column."""
    steps = TAPS // SLOWER + 1
    taps = np.zeros(steps * SLOWER, np.float32)
    taps[: TAPS + 1] = low_pass()
    return np.ascontiguousarray(taps.reshape(steps, SLOWER).T)
