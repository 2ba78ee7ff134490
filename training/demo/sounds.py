"""The demo song's instruments, each a function of a note: numpy alone, 44.1 kHz, (samples,) float64."""

from __future__ import annotations

import numpy as np

RATE = 44_100
VOWELS = (
    ((800, 1.0, 70), (1200, 0.7, 80), (2800, 0.35, 110), (3600, 0.3, 140)),
    ((450, 1.0, 60), (850, 0.6, 70), (2750, 0.2, 110), (3500, 0.2, 140)),
    ((420, 1.0, 60), (2000, 0.45, 90), (2650, 0.4, 120), (3500, 0.3, 140)),
)
"""(Hz, gain, width in Hz) of the formants of a, o and e, an alto's."""
TOP_HZ = 15_000.0
"""No partial above this."""
FASTEST_VIBRATO_HZ = 5.4


def _time(length_s: float) -> np.ndarray:
    return np.arange(int(length_s * RATE)) / RATE


def _hz(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def _band(x: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Keeps a band, with soft edges of a third of an octave."""
    size = 1 << (2 * len(x) - 1).bit_length()
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1.0)
    edges = 1 / (1 + (low_hz / hz) ** 6) / (1 + (hz / high_hz) ** 6)
    return np.asarray(np.fft.irfft(np.fft.rfft(x, size) * edges)[: len(x)])


def _release(t: np.ndarray, held_s: float, fall_s: float) -> np.ndarray:
    return np.exp(-np.maximum(t - held_s, 0.0) / fall_s)


def bass(pitch: int, held_s: float, loudness: float, rng: np.random.Generator) -> np.ndarray:
    """A plucked electric bass: a stiff string whose high partials die first, and a finger."""
    t = _time(held_s + 0.25)
    hz, out = _hz(pitch), np.zeros(len(t))
    for n in range(1, int(min(40, 5_000 / hz))):
        partial_hz = hz * n * np.sqrt(1 + 8e-5 * n * n)
        strength = abs(np.sin(np.pi * n * 0.19)) / n ** (1.55 - 0.5 * loudness)
        out += strength * np.exp(-t * (0.9 + 0.55 * n)) * np.sin(2 * np.pi * partial_hz * t + rng.uniform(0, 0.3))
    finger = _band(rng.normal(0, 1, len(t)), 300, 2_500) * np.exp(-t / 0.006)
    return (out + 0.12 * finger) * np.minimum(1, t / 0.004) * _release(t, held_s, 0.035) * loudness


def piano(pitch: int, held_s: float, loudness: float, rng: np.random.Generator) -> np.ndarray:
    """An electric piano by frequency modulation: a body that mellows and a tine."""
    t = _time(held_s + 0.5)
    hz = _hz(pitch) * (1 + rng.normal(0, 2e-4))
    body = np.sin(2 * np.pi * hz * t + (0.4 + 1.5 * loudness) * np.exp(-t / 0.45) * np.sin(2 * np.pi * hz * t))
    tine = np.sin(2 * np.pi * hz * 2 * t + 0.9 * loudness * np.exp(-t / 0.08) * np.sin(2 * np.pi * hz * 14 * t))
    shape = np.exp(-t / (1.6 * 2 ** ((60 - pitch) / 24)))
    out = body * shape + 0.3 * tine * np.exp(-t / 0.35)
    return out * np.minimum(1, t / 0.003) * _release(t, held_s, 0.06) * loudness**1.3


def voice(pitches: list[tuple[float, float, int, float]], length_s: float, rng: np.random.Generator) -> np.ndarray:
    """A singer on open vowels: every partial follows the formants as pitch and vowel move.

    Args:
        pitches: (onset_s, offset_s, MIDI pitch, loudness 0..1), sorted, one at a time.
        length_s: of the result.
        rng: the singer's drift, breath and vowels.
    """
    t = _time(length_s)
    pitch, level = _intonation(pitches, t, rng), _breathing(pitches, t) * _wobble(t, 0.06, rng)
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    vowel = _vowels(pitches, t, rng)
    out = np.zeros(len(t))
    for n in range(1, int(TOP_HZ / hz.max())):
        gain = sum(vowel[k] * _formants(hz * n, VOWELS[k]) for k in range(len(VOWELS)))
        out += gain / n**0.8 * np.sin(n * phase + 0.4 * n)
    out = 0.6 * out / np.sqrt((out**2).mean())
    breath = _band(rng.normal(0, 1, len(t)), 1_500, 9_000) * 0.05
    return (out + breath) * level + _consonants(pitches, t, rng)


def _wobble(t: np.ndarray, depth: float, rng: np.random.Generator) -> np.ndarray:
    """(samples,) around 1: the unsteadiness of flesh, some 20 times a second."""
    points = rng.normal(1, depth, len(t) // 2200 + 2)
    return np.interp(np.arange(len(t)), np.arange(len(points)) * 2200, points)


def _consonants(pitches: list[tuple[float, float, int, float]], t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(samples,) before three of four syllables a hiss (s, sh), a puff (h) or a click (t, k)."""
    out = np.zeros(len(t))
    for onset_s, _, _, loudness in pitches:
        low_hz, width_s, gain = ((5_000, 0.03, 0.30), (1_200, 0.03, 0.16), (2_500, 0.006, 0.5), (0, 1, 0))[
            int(rng.integers(4))
        ]
        first = max(0, int((onset_s - 0.12) * RATE))
        around = t[first : first + int(0.16 * RATE)] - onset_s
        noise = _band(rng.normal(0, 1, len(around)), low_hz + 1, min(2.4 * low_hz + 500, 14_000))
        out[first : first + len(around)] += (
            noise * gain * loudness * np.exp(-(((around + 1.3 * width_s) / width_s) ** 2))
        )
    return out


def _intonation(pitches: list[tuple[float, float, int, float]], t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(samples,) MIDI pitch: slides of some 40 ms, small scoops, vibrato that comes late, slow drift."""
    curve = np.full(len(t), float(pitches[0][2]))
    for onset_s, offset_s, note, _ in pitches:
        curve += (note - curve) / (1 + np.exp(-np.clip((t - onset_s) / 0.010, -40, 40)))
        inside = (t >= onset_s) & (t < offset_s + 0.1)
        since = t[inside] - onset_s
        curve[inside] -= rng.uniform(0.2, 1.6) * np.exp(-since / 0.03)
        swell = np.clip((since - 0.25) / 0.35, 0, 1)
        curve[inside] += 0.45 * swell * np.sin(2 * np.pi * rng.uniform(5.0, FASTEST_VIBRATO_HZ) * since)
    # Notes of a singer are 5 to 10 cents unsteady within themselves.
    return curve + _wobble(t, 0.07, rng) - 1


def _breathing(pitches: list[tuple[float, float, int, float]], t: np.ndarray) -> np.ndarray:
    """(samples,) loudness: every syllable opens in 25 ms and closes in 50."""
    level = np.zeros(len(t))
    for onset_s, offset_s, _, loudness in pitches:
        opening = np.clip((t - onset_s) / 0.025, 0, 1)
        closing = np.clip((offset_s - t) / 0.05, 0, 1)
        level = np.maximum(level, opening * closing * loudness * (1 - 0.25 * np.exp(-(t - onset_s).clip(0) / 0.2)))
    return level


def _vowels(
    pitches: list[tuple[float, float, int, float]], t: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Share of every vowel over time, each (samples,); the mouth takes 90 ms from one to the next."""
    shares = [np.zeros(len(t)) for _ in VOWELS]
    edges = [onset_s for onset_s, *_ in pitches] + [t[-1] + 1]
    for start_s, end_s in zip([-1.0, *edges[1:-1]], edges[1:], strict=True):
        shares[int(rng.integers(len(VOWELS)))] += ((t >= start_s) & (t < end_s)).astype(float)
    width = int(0.09 * RATE)
    sums = [np.cumsum(np.pad(s, (width, 0), mode="edge")) for s in shares]
    return [(s[width:] - s[:-width]) / width for s in sums]


def _formants(hz: np.ndarray, formants: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    return 0.015 + sum(gain / (1 + ((hz - centre) / width) ** 2) for centre, gain, width in formants)


def kick(loudness: float, rng: np.random.Generator) -> np.ndarray:
    """A bass drum: a falling sine and the beater."""
    t = _time(0.5)
    body = np.sin(2 * np.pi * np.cumsum(52 + 130 * np.exp(-t / 0.022)) / RATE) * np.exp(-t / 0.13)
    beater = _band(rng.normal(0, 1, len(t)), 1_800, 6_000) * np.exp(-t / 0.004)
    return np.tanh(1.6 * (body + 0.35 * beater)) * np.minimum(1, t / 0.001) * loudness


def snare(loudness: float, rng: np.random.Generator) -> np.ndarray:
    """A snare drum: two modes of the head and the wires."""
    t = _time(0.45)
    head = np.sin(2 * np.pi * 188 * t) * np.exp(-t / 0.07) + 0.6 * np.sin(2 * np.pi * 334 * t) * np.exp(-t / 0.045)
    wires = _band(rng.normal(0, 1, len(t)), 1_200, 12_000) * np.exp(-t / 0.10)
    return (0.7 * head + 0.75 * wires) * np.minimum(1, t / 0.0008) * loudness**1.2


def hihat(loudness: float, rng: np.random.Generator, *, fall_s: float = 0.035) -> np.ndarray:
    """Two small cymbals, closed or (long ``fall_s``) open: noise and inharmonic metal."""
    t = _time(7 * fall_s + 0.05)
    return _metal(t, rng, 420, 6_500) * np.exp(-t / fall_s) * loudness**1.2


def crash(loudness: float, rng: np.random.Generator) -> np.ndarray:
    """A crash cymbal: a wash that loses its top as it rings."""
    t = _time(2.6)
    top = _metal(t, rng, 310, 5_000) * np.exp(-t / 0.5)
    return (top + 0.6 * _metal(t, rng, 240, 1_800) * np.exp(-t / 0.9)) * np.minimum(1, t / 0.002) * loudness


def tom(hz: float, loudness: float, rng: np.random.Generator) -> np.ndarray:
    """A tom: a falling tone, its first overtone and the stick."""
    t = _time(0.7)
    glide = np.cumsum(hz * (1 + 0.35 * np.exp(-t / 0.03))) * 2 * np.pi / RATE
    tone = np.sin(glide) * np.exp(-t / 0.2) + 0.3 * np.sin(1.59 * glide) * np.exp(-t / 0.09)
    stick = _band(rng.normal(0, 1, len(t)), 800, 5_000) * np.exp(-t / 0.006)
    return np.tanh(1.3 * tone + 0.5 * stick) * np.minimum(1, t / 0.001) * loudness


def _metal(t: np.ndarray, rng: np.random.Generator, base_hz: float, low_hz: float) -> np.ndarray:
    squares = sum(np.sign(np.sin(2 * np.pi * base_hz * r * t)) for r in (2.0, 3.0, 4.16, 5.43, 6.79, 8.21))
    mixed = _band(np.asarray(squares) * 0.25 + rng.normal(0, 1, len(t)), low_hz, 16_000)
    return mixed / (mixed.std() + 1e-9) * 0.3
