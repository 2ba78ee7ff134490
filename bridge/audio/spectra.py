"""Spectra and levels that several engines share.

Frames, power spectra, the level of each key, velocity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.units import pitch_to_hz

Array = npt.NDArray[np.float32]

KEY_HARMONICS = 4
"""Partials that make a key's level: they hold most of a tone's energy, higher ones hit other keys' partials."""
MAX_DB = 3.0
"""Level of a note over the mix's RMS that stands for velocity 127: about what a bass that carries a mix has."""


def frames(samples: Array, size: int, hop: int) -> Array:
    """(count, size) view of ``samples``: frame i starts at sample i * ``hop``; an incomplete last one is left out."""
    return np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]


def power(samples: Array, size: int, hop: int) -> Array:
    """(frames, size // 2 + 1) float32: power spectra, Hann window.

    Summed over a partial's bins they give the square of its RMS, so a sine of amplitude A gives A² / 2.
    """
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames(samples, size, hop) * window, axis=1)
    scale = 2.0 / (size * float(np.sum(window**2)))
    return np.asarray((spectrum.real**2 + spectrum.imag**2) * scale, np.float32)


def bands(edges_hz: Sequence[float], size: int, rate: int) -> Array:
    """(size // 2 + 1, bands) triangles with their corners at consecutive ``edges_hz``, each of sum 1.

    A band between two bins of the spectrum would be empty: it is left out.
    """
    hz = np.fft.rfftfreq(size, 1 / rate)[:, None]
    low, middle, high = (np.asarray(edges_hz)[i : len(edges_hz) - 2 + i] for i in range(3))
    weight = np.maximum(0, np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle)))
    total = weight.sum(0)
    return np.asarray(weight[:, total > 0] / total[total > 0], np.float32)


def key_filter(lowest: int, count: int, size: int, rate: int, harmonics: int = KEY_HARMONICS) -> Array:
    """(size // 2 + 1, count): sums the power of a key's first partials, each with the width of a Hann window."""
    bins = np.arange(size // 2 + 1)
    out = np.zeros((len(bins), count), np.float32)
    for key in range(count):
        for harmonic in range(1, harmonics + 1):
            centre = pitch_to_hz(lowest + key) * harmonic * size / rate
            out[:, key] = np.maximum(out[:, key], np.abs(bins - centre) <= 2)
    return out


def to_db(power_or_square: Array, reference: float) -> Array:
    """Level in dB of powers over the power of an RMS ``reference``; floored 120 dB below it."""
    return np.asarray(10 * np.log10(power_or_square / max(reference, 1e-9) ** 2 + 1e-12), np.float32)


def velocity_of(level_db: float) -> int:
    """MIDI velocity 1..127 of a note's level in dB over the mix's RMS.

    Amplitude goes with the square of the velocity, as General MIDI's sound sets do (DLS and SF2: 40 log10).
    """
    return int(np.clip(round(127 * 10 ** ((level_db - MAX_DB) / 40)), 1, 127))
