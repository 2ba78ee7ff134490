"""Drum sounds made from oscillators and noise: an endless supply of electronic kits.

Each function draws one sound; the parameter ranges cover the drum machines of the eighties (swept
sine kicks, square-wave metal, noise claps) and go somewhat beyond them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import signal

from training.drums.sounds import Sound, trimmed
from training.plan import SAMPLE_RATE

Rng = np.random.Generator


def seconds(length_s: float) -> np.ndarray:
    """The times of samples over a length."""
    return np.arange(int(length_s * SAMPLE_RATE)) / SAMPLE_RATE


def band(x: np.ndarray, low: float, high: float, order: int = 2) -> np.ndarray:
    """What of a sound lies between two frequencies."""
    limits = [max(20.0, low), min(high, 0.45 * SAMPLE_RATE)]
    return np.asarray(signal.sosfilt(signal.butter(order, limits, "band", fs=SAMPLE_RATE, output="sos"), x))


def _swept(t: np.ndarray, start: float, end: float, fall: float) -> np.ndarray:
    return np.asarray(np.sin(2 * np.pi * np.cumsum(end + (start - end) * np.exp(-t / fall)) / SAMPLE_RATE))


def _kick(rng: Rng) -> np.ndarray:
    t = seconds(0.9)
    end = rng.uniform(35, 75)
    body = _swept(t, end * rng.uniform(1.5, 8), end, rng.uniform(0.008, 0.06)) * np.exp(-t / rng.uniform(0.05, 0.35))
    click = rng.normal(0, 1, len(t)) * np.exp(-t / rng.uniform(0.001, 0.006)) * rng.uniform(0, 0.7)
    return np.asarray(np.tanh((body + click) * rng.uniform(0.8, 4)))


def _snare(rng: Rng) -> np.ndarray:
    t = seconds(0.6)
    pitch = rng.uniform(140, 320)
    tone = _swept(t, pitch * rng.uniform(1, 1.8), pitch, 0.02) + rng.uniform(0, 0.8) * np.sin(
        2 * np.pi * pitch * 1.78 * t
    )
    noise = band(rng.normal(0, 1, len(t)), rng.uniform(400, 2500), rng.uniform(5000, 16000))
    noise *= np.exp(-t / rng.uniform(0.03, 0.18)) / (noise.std() + 1e-9)
    return np.asarray(
        tone * np.exp(-t / rng.uniform(0.02, 0.12)) * rng.uniform(0.3, 1.2) + noise * rng.uniform(0.2, 0.7)
    )


def _clap(rng: Rng) -> np.ndarray:
    t = seconds(0.5)
    noise = band(rng.normal(0, 1, len(t)), rng.uniform(600, 1100), rng.uniform(1800, 6000))
    gap, bursts = rng.uniform(0.006, 0.013), int(rng.integers(2, 5))
    shape = sum(np.where(t >= k * gap, np.exp(-(t - k * gap) / 0.004), 0) for k in range(bursts))
    tail = np.where(t >= bursts * gap, np.exp(-(t - bursts * gap) / rng.uniform(0.02, 0.12)), 0)
    return np.asarray(noise * (shape + tail * rng.uniform(0.4, 1)))


def _stick(rng: Rng) -> np.ndarray:
    t = seconds(0.15)
    low = rng.uniform(350, 900)
    tone = np.sin(2 * np.pi * low * t) + rng.uniform(0.3, 1.2) * np.sin(2 * np.pi * low * rng.uniform(2.2, 4) * t)
    noise = band(rng.normal(0, 1, len(t)), 1500, 9000) * np.exp(-t / 0.003)
    return np.asarray(tone * np.exp(-t / rng.uniform(0.006, 0.025)) + noise * rng.uniform(0.1, 1))


def metal(rng: Rng, t: np.ndarray, low: float, noise_share: float) -> np.ndarray:
    """Six square waves and noise above a frequency, as drum machines make cymbals."""
    base = rng.uniform(180, 480)
    squares = sum(signal.square(2 * np.pi * base * r * t) for r in rng.uniform(1.0, 6.0, 6))
    noise = rng.normal(0, 1, len(t)) * 2.0
    return band(np.asarray(squares) * (1 - noise_share) + noise * noise_share, low, 17000, 3)


def _hat(rng: Rng, decay: float) -> np.ndarray:
    t = seconds(min(1.5, decay * 6 + 0.02))
    return metal(rng, t, rng.uniform(4000, 8500), rng.uniform(0, 1)) * np.exp(-t / decay)


def _tom(rng: Rng, low: float, high: float) -> np.ndarray:
    t = seconds(1.0)
    pitch = rng.uniform(low, high)
    body = _swept(t, pitch * rng.uniform(1.05, 2.2), pitch, rng.uniform(0.02, 0.12)) * np.exp(
        -t / rng.uniform(0.08, 0.4)
    )
    stick = band(rng.normal(0, 1, len(t)), 300, 6000) * np.exp(-t / rng.uniform(0.004, 0.03)) * rng.uniform(0, 0.6)
    return np.asarray(np.tanh((body + stick) * rng.uniform(0.7, 2.5)))


def _cymbal(rng: Rng, ring: tuple[float, float], ping: float) -> np.ndarray:
    t = seconds(3.0)
    wash = metal(rng, t, rng.uniform(1500, 5000), rng.uniform(0.4, 1)) * np.exp(-t / rng.uniform(*ring))
    bell = rng.uniform(600, 3500)
    tone = sum(np.sin(2 * np.pi * bell * r * t) for r in (1, 1.48, 2.12, 3.3)) * np.exp(-t / rng.uniform(0.1, 0.6))
    return np.asarray(wash / (wash.std() + 1e-9) * 0.2 + np.asarray(tone) * ping)


def _shaker(rng: Rng) -> np.ndarray:
    t = seconds(0.3)
    noise = band(rng.normal(0, 1, len(t)), rng.uniform(2500, 6000), rng.uniform(9000, 16000))
    rise = 1 - np.exp(-t / rng.uniform(0.002, 0.02))
    return np.asarray(noise * rise * np.exp(-t / rng.uniform(0.015, 0.06)))


def _cowbell(rng: Rng) -> np.ndarray:
    t = seconds(0.6)
    low = rng.uniform(420, 900)
    tone = signal.square(2 * np.pi * low * t) + signal.square(2 * np.pi * low * rng.uniform(1.42, 1.58) * t)
    shape = np.exp(-t / rng.uniform(0.004, 0.02)) + rng.uniform(0.15, 0.6) * np.exp(-t / rng.uniform(0.04, 0.15))
    return band(np.asarray(tone) * shape, low * rng.uniform(0.6, 0.9), low * rng.uniform(3, 9))


def _tambourine(rng: Rng) -> np.ndarray:
    t = seconds(0.6)
    jingles = np.zeros(len(t))
    for _ in range(int(rng.integers(4, 12))):
        late = np.maximum(0, t - abs(rng.normal(0, 0.012)))
        pitch = rng.uniform(4000, 12000)
        jingles += np.sin(2 * np.pi * pitch * late) * np.exp(-late / rng.uniform(0.03, 0.15)) * (late > 0)
    burst = band(rng.normal(0, 1, len(t)), 3000, 15000) * np.exp(-t / 0.03)
    return jingles + burst


MAKERS: dict[str, Callable[[Rng], np.ndarray]] = {
    "kick": _kick,
    "snare": _snare,
    "rimshot": _snare,
    "clap": _clap,
    "side_stick": _stick,
    "hat_closed": lambda rng: _hat(rng, rng.uniform(0.012, 0.05)),
    "hat_pedal": lambda rng: _hat(rng, rng.uniform(0.008, 0.03)),
    "hat_half": lambda rng: _hat(rng, rng.uniform(0.09, 0.2)),
    "hat_open": lambda rng: _hat(rng, rng.uniform(0.15, 0.5)),
    "tom_low": lambda rng: _tom(rng, 65, 105),
    "tom_mid": lambda rng: _tom(rng, 95, 150),
    "tom_high": lambda rng: _tom(rng, 140, 230),
    "crash": lambda rng: _cymbal(rng, (0.5, 1.4), rng.uniform(0, 0.05)),
    "ride": lambda rng: _cymbal(rng, (0.2, 0.9), rng.uniform(0.05, 0.3)),
    "shaker": _shaker,
    "tambourine": _tambourine,
    "cowbell": _cowbell,
    "ride_bell": lambda rng: _cymbal(rng, (0.1, 0.4), rng.uniform(0.3, 0.8)),
}


def synthetic_kit(rng: Rng) -> dict[str, list[Sound]]:
    """A new electronic kit, one sound an articulation."""
    kit: dict[str, list[Sound]] = {}
    for articulation, make in MAKERS.items():
        wave = trimmed(make(rng))
        if wave is not None:
            kit[articulation] = [Sound(articulation, 0.8, wave)]
    return kit
