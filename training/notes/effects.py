"""Studio colour for a rendered line: amp or drive, chorus, compression, equaliser, reverb."""

from __future__ import annotations

import numpy as np

from training.plan import SAMPLE_RATE


def drive(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Soft clipping at 6 to 30 dB over the knee, sometimes uneven, as an amplifier's."""
    gain = 10 ** rng.uniform(0.3, 1.5)
    bias = rng.choice([0, 0, 0.2])
    return (np.tanh(x / (np.abs(x).max() + 1e-9) * gain + bias) - np.tanh(bias)) / gain**0.5


def chorus(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A copy with a delay that swings between some 5 and 20 ms."""
    n = np.arange(len(x))
    delay = rng.uniform(0.006, 0.015) + rng.uniform(0.0005, 0.003) * np.sin(
        2 * np.pi * rng.uniform(0.2, 2) * n / SAMPLE_RATE
    )
    return x + rng.uniform(0.3, 0.9) * np.interp(n - delay * SAMPLE_RATE, n, x)


def compress(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Levels a 20 ms envelope towards its own mean, ratio 1.5 to 5."""
    hop = 441
    frames = np.sqrt((x[: len(x) // hop * hop].reshape(-1, hop) ** 2).mean(1))
    level = np.convolve(frames, np.ones(5) / 5, "same") + 1e-4 * (frames.max() + 1e-9)
    share = 1 - 1 / rng.uniform(1.5, 5)
    gain = (level / (level.mean() + 1e-9)) ** -share
    return x * np.interp(np.arange(len(x)), np.arange(len(gain)) * hop + hop / 2, np.minimum(gain, 8))


def colour(x: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """(samples,) float32: a random chain that suits the kind of line; the length stays."""
    if not x.any():
        return x.astype(np.float32)
    if rng.random() < {"riff": 0.35, "bass": 0.2, "lead": 0.2}.get(kind, 0.08):
        x = drive(x, rng)
    if rng.random() < 0.12:
        x = chorus(x, rng)
    if rng.random() < 0.25:
        x = compress(x, rng)
    size = 1 << (len(x) + SAMPLE_RATE - 1).bit_length()
    spectrum = np.fft.rfft(x, size)
    octaves = np.log2(np.fft.rfftfreq(size, 1 / SAMPLE_RATE) + 20)
    spectrum *= 10 ** (np.interp(octaves, np.linspace(4.3, 14.4, 8), rng.normal(0, 3.5, 8)) / 20)
    if rng.random() < 0.45:
        room = np.zeros(SAMPLE_RATE)
        room[:] = rng.normal(0, 1, SAMPLE_RATE) * (rng.random(SAMPLE_RATE) < 0.3)
        room *= np.exp(-6.9 * np.arange(SAMPLE_RATE) / SAMPLE_RATE / rng.uniform(0.15, 1.4))
        room *= rng.uniform(0.05, 0.4) / np.sqrt((room**2).sum())
        room[0] += 1
        spectrum *= np.fft.rfft(room, size)
    return np.fft.irfft(spectrum)[: len(x)].astype(np.float32)
