"""Percussion made from oscillators and noise: hands, jingles, beads and bells, each drawn anew.

Few kits have any percussion, so that a net would know their tambourines one by one. The ranges cover small and large,
dry and ringing, shaken and struck instruments.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.drums.sounds import Sound, trimmed
from training.drums.synth_kit import band, metal, seconds

Rng = np.random.Generator


def _rising(t: np.ndarray, rise_s: float, fall_s: float) -> np.ndarray:
    """An envelope that takes its time to rise, as a shaken thing's does."""
    return np.asarray((1 - np.exp(-t / rise_s)) * np.exp(-t / fall_s))


def _shaker(rng: Rng) -> np.ndarray:
    """Beads in a can or gourd: noise, dense or in grains."""
    t = seconds(0.45)
    noise = rng.normal(0, 1, len(t))
    if rng.random() < 0.5:
        noise *= rng.random(len(t)) < 10 ** rng.uniform(-2.5, -0.5)
    low = np.exp(rng.uniform(np.log(1500), np.log(7000)))
    body = band(noise, low, min(17000.0, low * rng.uniform(1.6, 6)))
    return np.asarray(body * _rising(t, 10 ** rng.uniform(-3, -1.6), rng.uniform(0.012, 0.08)))


def _tambourine(rng: Rng) -> np.ndarray:
    """Pairs of jingles that strike each other a few times, on a frame or a head."""
    t = seconds(0.8)
    out = np.zeros(len(t))
    ring_s, spread_s = 10 ** rng.uniform(-1.6, -0.6), 10 ** rng.uniform(-2.7, -1.6)
    low = rng.uniform(2500, 6000)
    for _ in range(int(rng.integers(5, 18))):
        pitch = low * rng.uniform(1, 3.2)
        for _ in range(int(rng.integers(1, 4))):
            late = t - abs(rng.normal(0, spread_s))
            ringing = np.exp(-np.maximum(0, late) / (ring_s * rng.uniform(0.4, 1.3))) * (late > 0)
            out += rng.uniform(0.2, 1) * np.sin(2 * np.pi * pitch * late + rng.uniform(0, 6)) * ringing
    out += rng.uniform(0.3, 3) * band(rng.normal(0, 1, len(t)), low, 16000) * _rising(t, 0.002, ring_s * 0.4)
    if rng.random() < 0.4:
        head = rng.uniform(150, 500)
        out += rng.uniform(0.5, 3) * np.sin(2 * np.pi * head * t) * np.exp(-t / rng.uniform(0.02, 0.08))
    if rng.random() < 0.3:
        out *= 1 - np.exp(-t / rng.uniform(0.004, 0.03))
    return out


def _cowbell(rng: Rng) -> np.ndarray:
    """A bell's modes with a stick's click, open or muted; or a drum machine's two square waves."""
    t = seconds(0.7)
    low = np.exp(rng.uniform(np.log(380), np.log(1300)))
    ratios = (1, rng.uniform(1.35, 1.62), rng.uniform(2.0, 2.8), rng.uniform(2.9, 3.7), rng.uniform(3.9, 5.5))
    ring_s = 10 ** rng.uniform(-1.7, -0.6)
    tone = np.zeros(len(t))
    for k, ratio in enumerate(ratios):
        wave = np.sin(2 * np.pi * low * ratio * t + rng.uniform(0, 6))
        if k < 2 and rng.random() < 0.4:
            wave = np.sign(wave) * 0.7
        tone += rng.uniform(0.3, 1) / (1 + 0.4 * k) * wave * np.exp(-t / (ring_s / (1 + 0.3 * k)))
    click = band(rng.normal(0, 1, len(t)), 1500, 9000) * np.exp(-t / rng.uniform(0.001, 0.005))
    return np.asarray(tone + click * rng.uniform(0, 1.5))


def _clap(rng: Rng) -> np.ndarray:
    """Hands, one pair or several a little apart, each a short burst with its own hollow."""
    t = seconds(0.6)
    out = np.zeros(len(t))
    spread_s, fall_s = rng.uniform(0.002, 0.014), rng.uniform(0.002, 0.012)
    low = rng.uniform(500, 1400)
    for _ in range(int(rng.integers(1, 9))):
        late = t - abs(rng.normal(0, spread_s))
        burst = band(rng.normal(0, 1, len(t)), low * rng.uniform(0.8, 1.3), low * rng.uniform(1.8, 7))
        out += burst * np.exp(-np.maximum(0, late) / fall_s) * (late > 0)
    tail = band(rng.normal(0, 1, len(t)), low, low * 5) * np.exp(-t / rng.uniform(0.03, 0.2))
    return np.asarray(out + tail * rng.uniform(0, 0.6))


def _pedal(rng: Rng) -> np.ndarray:
    """Two cymbals that close on each other: duller and shorter than a stick's stroke, with the stand's thump."""
    t = seconds(0.25)
    chick = metal(rng, t, rng.uniform(900, 5000), rng.uniform(0.4, 1))
    chick = chick / (np.abs(chick).max() + 1e-9) * _rising(t, rng.uniform(0.0005, 0.006), rng.uniform(0.006, 0.045))
    thump = np.sin(2 * np.pi * rng.uniform(120, 600) * t) * np.exp(-t / rng.uniform(0.006, 0.03))
    return np.asarray(chick / (np.abs(chick).max() + 1e-9) + thump * rng.choice([0.0, rng.uniform(0, 0.8)]))


MAKERS: dict[str, Callable[[Rng], np.ndarray]] = {
    "shaker": _shaker,
    "tambourine": _tambourine,
    "cowbell": _cowbell,
    "clap": _clap,
    "hat_pedal": _pedal,
}


def synthetic_percussion(name: str, rng: Rng) -> list[Sound]:
    """A new instrument, one sound; nothing where the draw is silent."""
    wave = trimmed(MAKERS[name](rng))
    return [] if wave is None else [Sound(name, 0.8, wave)]
