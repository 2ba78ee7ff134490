"""Studio work in stereo: amplifiers, chorus, compression, equaliser, rooms, place, doubling; the master of the mix."""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.signal

from bridge.note_maps.features import RATE

Rng = np.random.Generator

DRIVE = {"guitar": 0.3, "organ": 0.2, "synth": 0.15, "keys": 0.06, "bass": 0.15}
"""Share of a family's parts that go through an amplifier; 0.02 of all others."""

LEVEL_DB = {
    "bass": (0.5, 3.0),
    "lead": (0.5, 3.5),
    "voice": (1.0, 3.0),
    "riff": (-0.5, 3.5),
    "chords": (-3.0, 4.0),
    "arp": (-3.0, 4.0),
    "pad": (-5.0, 4.0),
    "random": (-2.0, 4.0),
    "drums": (1.5, 3.5),
}
"""Level of a part by kind, mean and spread."""

WIDTH = {"bass": 0.05, "keys": 0.5, "guitar": 0.8, "strings": 0.5, "synth": 0.6}
"""How far from the middle a family may stand; 0.6 for all others."""


def rms(x: np.ndarray) -> float:
    """Of all samples."""
    return float(np.sqrt((x**2).mean()))


def levelled(x: np.ndarray, db: float = -20.0) -> np.ndarray:
    """The sound at an RMS in dB, silence as it is."""
    level = rms(x)
    return x * np.float32(10 ** (db / 20) / level) if level > 1e-6 else x


def amplifier(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Soft clipping at 6 to 34 dB over the knee, sometimes uneven, then a loudspeaker's band."""
    gain = 10 ** rng.uniform(0.3, 1.7)
    bias = float(rng.choice([0, 0, 0.2]))
    x = x - x.mean()
    y = np.tanh(x / (np.abs(x).max() + 1e-9) * gain + bias) - np.tanh(bias)
    if rng.random() < 0.7:
        low, high = rng.uniform(60, 130), rng.uniform(3000, 6500)
        y = scipy.signal.sosfilt(scipy.signal.butter(2, (low, high), "band", fs=RATE, output="sos"), y)
    return np.asarray(y, np.float32)


def chorus(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Copies left and right with delays that swing against each other: (2, samples) of (2, samples)."""
    n = np.arange(x.shape[1])
    centre, depth, hz = rng.uniform(0.006, 0.018), rng.uniform(0.0005, 0.003), rng.uniform(0.2, 2)
    share, out = rng.uniform(0.3, 0.9), x.copy()
    for side in (0, 1):
        delay = centre + depth * np.sin(2 * np.pi * hz * n / RATE + side * np.pi / 2)
        out[side] += share * np.interp(n - delay * RATE, n, x[side])
    return out


def compress(x: np.ndarray, rng: Rng, hop: int = 220) -> np.ndarray:
    """Level a 30 ms envelope towards its own mean, ratio 1.5 to 5."""
    mono = x.mean(0) if x.ndim == 2 else x
    frames = np.sqrt((mono[: len(mono) // hop * hop].reshape(-1, hop) ** 2).mean(1))
    level = np.convolve(frames, np.ones(3) / 3, "same")
    level = np.maximum(level, 0.03 * level.max() + 1e-9)
    gain = (level / level.mean()) ** -(1 - 1 / rng.uniform(1.5, 5))
    return x * np.interp(np.arange(len(mono)), np.arange(len(gain)) * hop + hop / 2, np.minimum(gain, 8)).astype(
        np.float32
    )


def echo(x: np.ndarray, rng: Rng) -> np.ndarray:
    """A delay with a few repeats, now and then from side to side."""
    delay, decay, out = int(rng.uniform(0.18, 0.5) * RATE), rng.uniform(0.15, 0.45), x.copy()
    y = x
    crossed = rng.random() < 0.5
    for _ in range(3):
        y = np.pad(y, ((0, 0), (delay, 0)))[:, : x.shape[1]] * decay
        y = y[::-1] if crossed else y
        out = out + y
    return out


def filtered(x: np.ndarray, rng: Rng) -> np.ndarray:
    """An equaliser and, three times in five, a room whose two sides differ."""
    n = x.shape[1]
    size = scipy.fft.next_fast_len(n + RATE, real=True)
    spectrum = scipy.fft.rfft(x.astype(np.float32), size, axis=1)
    octaves = np.log2(scipy.fft.rfftfreq(size, 1 / RATE) + 20)
    spectrum *= (10 ** (np.interp(octaves, np.linspace(4.3, 13.5, 8), rng.normal(0, 3.0, 8)) / 20)).astype(np.float32)
    if rng.random() < 0.6:
        room = rng.normal(0, 1, (2, RATE)) * np.exp(-6.9 * np.arange(RATE) / RATE / rng.uniform(0.15, 1.6))
        room *= rng.uniform(0.04, 0.4) / np.sqrt((room**2).sum(1, keepdims=True))
        room[:, : int(rng.uniform(0, 0.02) * RATE) + 1] = 0
        room[:, 0] = 1
        spectrum *= scipy.fft.rfft(room.astype(np.float32), size, axis=1)
    return np.asarray(scipy.fft.irfft(spectrum, size, axis=1)[:, :n], np.float32)


def placed(x: np.ndarray, pan: float, width: float) -> np.ndarray:
    """The sound at ``pan`` (-1 left to 1 right), its own sides drawn together to ``width`` 0..1."""
    mid, side = (x[0] + x[1]) / 2, (x[0] - x[1]) / 2 * width
    angle = np.pi / 4 * (1 + pan)
    left, right = np.cos(angle) * np.sqrt(2), np.sin(angle) * np.sqrt(2)
    return np.stack([(mid + side) * left, (mid - side) * right]).astype(np.float32)


def drawn_pan(family: str, rng: Rng) -> float:
    """A place for a part of the family: a third in the middle, some hard at a side."""
    reach = WIDTH.get(family, 0.6)
    if rng.random() < 0.35 or reach < 0.1:
        return float(rng.normal(0, 0.03))
    if rng.random() < 0.2:
        return float(rng.choice([-1, 1]) * min(1.0, reach + 0.2))
    return float(np.clip(rng.choice([-1, 1]) * rng.uniform(0.1, reach), -1, 1))


def coloured(x: np.ndarray, family: str, kind: str, rng: Rng) -> np.ndarray:
    """One part through its chain, (2, samples)."""
    chance = DRIVE.get(family, 0.02) * (1.5 if kind == "riff" else 1)
    if rng.random() < chance:
        x = np.stack([amplifier(x.mean(0), rng)] * 2)
    if rng.random() < 0.15:
        x = chorus(x, rng)
    if rng.random() < 0.25:
        x = compress(x, rng)
    if rng.random() < (0.25 if kind == "lead" else 0.08):
        x = echo(x, rng)
    return filtered(x, rng)


def mastered(x: np.ndarray, rng: Rng) -> np.ndarray:
    """The whole mix: compression, a limiter's saturation, an equaliser's tilt, now and then mono or narrow."""
    if rng.random() < 0.5:
        x = compress(x, rng, hop=660)
    if rng.random() < 0.5:
        drive = 10 ** (rng.uniform(-4, 8) / 20) / (np.abs(x).max() + 1e-9)
        x = np.tanh(x * drive) / drive
    draw = rng.random()
    if draw < 0.12:
        x = np.stack([x.mean(0)] * 2)
    elif draw < 0.3:
        x = placed(x, 0.0, float(rng.uniform(0.3, 1.3)))
    return np.asarray(x, np.float32)
