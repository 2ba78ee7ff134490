"""The note model's ear.

A variable-Q spectrogram in dB, three bins a semitone, from one FFT size.

Training imports this module, so that a model is always run on what it was trained on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

RATE = 22_050
"""Hz that audio must have here; partials above 11 kHz say nothing about a pitch."""
HOP = 256
"""Samples between frames, 11.6 ms: with interpolated peaks an onset is placed to a few milliseconds."""
FPS = RATE / HOP
"""Frames a second."""
FFT = 8192
"""Samples of the longest window, 0.37 s: fundamentals a semitone apart are told apart from A3 upwards, lower ones
by their partials; a longer window would blur a bass line's onsets."""
PER_SEMITONE = 3
"""Bins a semitone (below, centre, above): enough to see tuning, bends and vibrato."""
MIN_KEY = 18
"""MIDI pitch of the lowest bins, 23 Hz: below a five-string bass and a piano's A0."""
BINS = 318
"""Reaches MIDI 123, 9.9 kHz."""
GAMMA_HZ = 2.3
"""Added to each bin's constant-Q bandwidth; the smallest value that keeps the lowest window inside FFT."""
FLOOR_DB = -110.0
"""Level of silence, under the noise of 16 bits spread over the bins."""
REFERENCE_DB = -24.0
"""RMS in dBFS that the whole mix is scaled to before a stem is heard (as in training/separate.py)."""
CHUNK = 128
"""Frames transformed at a time: their spectra, 4 MB, stay in the processor's cache."""


def bin_hz() -> npt.NDArray[np.float64]:
    """(BINS,) centre frequencies in Hz; bins 1, 4, 7 ... are the keys from MIN_KEY on."""
    pitch = MIN_KEY + (np.arange(BINS) - 1) / PER_SEMITONE
    return np.asarray(440.0 * 2.0 ** ((pitch - 69.0) / 12.0), np.float64)


class Vqt:
    """Variable-Q transform by spectral kernels (Brown and Puckette 1992; the offset gamma of Schörkhuber 2014).

    Windows are Hann, centred on the frame; amplitude 1 of a sine gives 0 dB in its bin.
    """

    def __init__(self, bands: int = 12) -> None:
        """Build the kernels; ``bands`` groups of bins share one dense block, which skips most zeros."""
        hz = bin_hz()
        alpha = 2.0 ** (1.0 / (12 * PER_SEMITONE)) - 1.0
        t = np.arange(FFT) - FFT / 2
        self._blocks: list[tuple[int, int, Array]] = []
        for part in np.array_split(np.arange(BINS), bands):
            atom = np.zeros((len(part), FFT), np.complex128)
            for row, f in zip(atom, hz[part], strict=True):
                length = RATE / (alpha * f + GAMMA_HZ)
                inside = np.flatnonzero(np.abs(t) < length / 2)
                s = t[inside]
                window = 0.5 + 0.5 * np.cos(2 * np.pi * s / length)
                row[inside] = window / window.sum() * 2.0 * np.exp(2j * np.pi * f * s / RATE)
            kernel = np.fft.fft(atom, axis=1)[:, : FFT // 2 + 1] / FFT
            size = np.abs(kernel)
            used = np.flatnonzero(size.max(0) > 1e-3 * size.max())
            low, high = int(used[0]), int(used[-1]) + 1
            # Real, for the atoms are symmetric about the middle of the window: half the work.
            self._blocks.append((low, high, np.ascontiguousarray(kernel.real[:, low:high].T, np.float32)))

    def __call__(self, samples: Array) -> Array:
        """(frames, BINS) dB of (samples,) at RATE; frame i is centred on sample i * HOP."""
        count = len(samples) // HOP + 1
        padded = np.pad(samples, (FFT // 2, FFT // 2 + HOP))
        windows = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:count]
        out = np.empty((count, BINS), np.float32)
        for start in range(0, count, CHUNK):
            spectra = np.fft.rfft(windows[start : start + CHUNK], axis=1)
            parts = np.concatenate([spectra.real, spectra.imag]).astype(np.float32, copy=False)
            bins = np.concatenate([parts[:, low:high] @ block for low, high, block in self._blocks], 1)
            out[start : start + CHUNK] = np.hypot(*np.split(bins, 2))
        return np.asarray(20.0 * np.log10(np.maximum(out, 10.0 ** (FLOOR_DB / 20.0))), np.float32)


def reference_gain(mix_rms: float) -> float:
    """Linear factor that brings a mix of this RMS (full scale 1) to REFERENCE_DB; 1 for silence."""
    return float(10.0 ** (REFERENCE_DB / 20.0) / mix_rms) if mix_rms > 1e-6 else 1.0
