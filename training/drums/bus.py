"""What a mixing desk does to drums: equaliser, compressor, saturation, room, band limits."""

from __future__ import annotations

import numpy as np
from scipy import signal

from training.plan import SAMPLE_RATE

Rng = np.random.Generator


def peaking(x: np.ndarray, rng: Rng) -> np.ndarray:
    """One random bell filter (the audio cookbook's biquad) on a track (frames,)."""
    centre, gain, q = np.exp(rng.uniform(np.log(60), np.log(10000))), rng.normal(0, 5), rng.uniform(0.5, 2.5)
    w, a = 2 * np.pi * centre / SAMPLE_RATE, 10 ** (gain / 40)
    alpha = np.sin(w) / (2 * q)
    b = [1 + alpha * a, -2 * np.cos(w), 1 - alpha * a]
    return np.asarray(signal.lfilter(b, [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a], x))


def tilt(x: np.ndarray, rng: Rng, spread_db: float = 3.5) -> np.ndarray:
    """A smooth random curve over the whole band on (frames, 2)."""
    n = len(x)
    octave = np.log2(np.fft.rfftfreq(n, 1 / SAMPLE_RATE) + 20)
    curve = np.interp(octave, np.linspace(4.3, 14.4, 7), rng.normal(0, spread_db, 7))
    return np.asarray(np.fft.irfft(np.fft.rfft(x, axis=0) * 10 ** (curve[:, None] / 20), n, axis=0))


def compress(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Feed-forward compressor on (frames, 2), its envelope in steps of 64 samples."""
    step = 64
    blocks = len(x) // step
    level = np.abs(x[: blocks * step]).max(1).reshape(blocks, step).max(1)
    rise = 1 - np.exp(-step / SAMPLE_RATE / rng.uniform(0.0005, 0.03))
    fall = 1 - np.exp(-step / SAMPLE_RATE / rng.uniform(0.03, 0.4))
    envelope, e = np.empty(blocks), 0.0
    for k, v in enumerate(level.tolist()):
        e += (rise if v > e else fall) * (v - e)
        envelope[k] = e
    threshold = rng.uniform(0.05, 0.5) * np.percentile(level, 95) + 1e-9
    ratio = rng.uniform(1.5, 10)
    gain = np.minimum(1.0, (np.maximum(envelope, threshold) / threshold) ** (1 / ratio - 1))
    smooth = np.interp(np.arange(len(x)), (np.arange(blocks) + 0.5) * step, gain)
    return np.asarray(x * smooth[:, None])


def saturate(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Soft clipping of (frames, 2)."""
    drive = 10 ** rng.uniform(0.0, 1.1)
    return np.asarray(np.tanh(x / (np.abs(x).max() + 1e-9) * drive) / drive)


def room(x: np.ndarray, rng: Rng) -> np.ndarray:
    """A room or plate: decaying noise with early echoes, its two sides independent, on (frames, 2)."""
    decay = np.exp(rng.uniform(np.log(0.12), np.log(1.8)))
    n = int(min(decay, 1.5) * SAMPLE_RATE)
    t = np.arange(n) / SAMPLE_RATE
    response = rng.normal(0, 1, (n, 2)) * np.exp(-6.9 * t / decay)[:, None]
    for _ in range(int(rng.integers(0, 6))):
        response[int(rng.uniform(0.003, 0.05) * SAMPLE_RATE) % n] += rng.normal(0, 12, 2)
    dark = signal.butter(1, rng.uniform(2000, 12000), fs=SAMPLE_RATE, output="sos")
    response = signal.sosfilt(dark, response, axis=0)
    wet = 10 ** (rng.uniform(-24, -5) / 20)
    response *= wet / np.sqrt((response**2).sum(0))
    delay = int(rng.uniform(0.0, 0.025) * SAMPLE_RATE)
    tail = signal.fftconvolve(x, response, axes=0)[: len(x)]
    out = x.copy()
    out[delay:] += tail[: len(x) - delay]
    return np.asarray(out)


def band_limit(x: np.ndarray, rng: Rng) -> np.ndarray:
    """The edges of a lossy codec, an old sampler or a small speaker on (frames, 2)."""
    top = rng.uniform(5000, 17000)
    sos = signal.butter(6, top, fs=SAMPLE_RATE, output="sos")
    if rng.random() < 0.3:
        sos = signal.butter(2, [rng.uniform(60, 200), top], "band", fs=SAMPLE_RATE, output="sos")
    return np.asarray(signal.sosfilt(sos, x, axis=0))


def master(x: np.ndarray, rng: Rng) -> np.ndarray:
    """A random drum bus over (frames, 2), at a usual level."""
    if rng.random() < 0.8:
        x = tilt(x, rng)
    if rng.random() < 0.55:
        x = room(x, rng)
    if rng.random() < 0.5:
        x = compress(x, rng)
    if rng.random() < 0.3:
        x = saturate(x, rng)
    if rng.random() < 0.15:
        x = band_limit(x, rng)
    rms = float(np.sqrt((x**2).mean()))
    if rms > 1e-6:
        x = x * (10 ** ((-20 + rng.normal(0, 2.5)) / 20) / rms)
    return x / max(1.0, float(np.abs(x).max()) / 0.98)
