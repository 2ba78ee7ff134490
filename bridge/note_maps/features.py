"""The note model's ear.

A variable-Q spectrogram in dB, three bins a semitone, from two transforms.

Training imports this module, so that a model is always run on what it was trained on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.note_maps.kernels import SLOWER, Bank, folded_taps, low_pass_response, slowed, window_samples

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
SHORT = 2048
"""Samples of the window for the bins from 435 Hz on, which are no longer. Those below are heard in every eighth sample.
One window for all took 2.7 times as long; the dB of bins above -60 differ by 0.04 from those in one of a hundred, by
0.3 at most."""
CHUNK = 64
"""Frames transformed at a time: their spectra, 0.5 MB, stay in the processor's cache, and in the process's memory."""


def bin_hz() -> npt.NDArray[np.float64]:
    """(BINS,) centre frequencies in Hz; bins 1, 4, 7 ... are the keys from MIN_KEY on."""
    pitch = MIN_KEY + (np.arange(BINS) - 1) / PER_SEMITONE
    return np.asarray(440.0 * 2.0 ** ((pitch - 69.0) / 12.0), np.float64)


class Vqt:
    """Variable-Q transform; windows are Hann, centred on the frame; amplitude 1 of a sine gives 0 dB in its bin."""

    def __init__(self) -> None:
        """Build the kernels."""
        hz = bin_hz()
        length = window_samples(hz, RATE, 12 * PER_SEMITONE, GAMMA_HZ)
        low = length > SHORT
        slow = FFT // SLOWER
        response = low_pass_response(slow // 2 + 1, slow)
        self._taps = folded_taps()
        self._lower = Bank(hz[low], length[low] / np.float32(SLOWER), RATE / SLOWER, slow, response)
        self._upper = Bank(hz[~low], length[~low], RATE, SHORT)

    def __call__(self, samples: Array) -> Array:
        """(frames, BINS) dB of (samples,) at RATE; frame i is centred on sample i * HOP."""
        count = len(samples) // HOP + 1
        out = np.empty((count, BINS), np.float32)
        for start in range(0, count, CHUNK):
            stop = min(start + CHUNK, count)
            out[start:stop] = np.hypot(*self.complex(samples, start, stop))
        return decibels(out)

    def complex(self, samples: Array, start: int, stop: int) -> tuple[Array, Array]:
        """Real and imaginary (frames, BINS) of frames ``start`` to ``stop``."""
        first, last = start * HOP - FFT // 2, (stop - 1) * HOP + FFT // 2
        piece = np.zeros(last - first, np.float32)
        inside = samples[max(0, first) : max(0, last)]
        begin = max(0, -first)
        piece[begin : begin + len(inside)] = inside
        lower = self._lower(slowed(piece, self._taps), HOP // SLOWER, stop - start)
        upper = self._upper(piece[(FFT - SHORT) // 2 :], HOP, stop - start)
        real, imaginary = np.split(np.concatenate([lower, upper], 1), 2)
        return real, imaginary


def decibels(magnitudes: Array) -> Array:
    """Magnitudes in dB, none below FLOOR_DB."""
    return np.asarray(20.0 * np.log10(np.maximum(magnitudes, 10.0 ** (FLOOR_DB / 20.0))), np.float32)


def reference_gain(mix_rms: float) -> float:
    """Linear factor that brings a mix of this RMS (full scale 1) to REFERENCE_DB; 1 for silence."""
    return float(10.0 ** (REFERENCE_DB / 20.0) / mix_rms) if mix_rms > 1e-6 else 1.0
