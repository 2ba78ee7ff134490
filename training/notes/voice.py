"""Sung lines: a glottal source with glides, scoops, drift and vibrato through vowel formants, with consonants."""

from __future__ import annotations

import numpy as np

from training.notes.compose import Line
from training.notes.synths import read, table
from training.plan import CLIP_S, SAMPLE_RATE

VOWELS = (
    (800, 1150, 2900, 3900),
    (350, 2000, 2800, 3600),
    (270, 2140, 2950, 3900),
    (450, 800, 2830, 3800),
    (325, 700, 2700, 3800),
)
"""First four formants in Hz of a, e, i, o, u (textbook values of an alto)."""

BANDWIDTHS = (80, 90, 120, 150)
"""Formant widths in Hz."""

TOP_HZ = 14_000.0
"""Highest partial."""

STEP = 64
"""Samples between the points of slow curves (1.5 ms): pitch and levels are drawn there and interpolated."""


def pitch_curve(line: Line, points: int, rng: np.random.Generator) -> np.ndarray:
    """(points,) MIDI pitch: slides from note to note, scoops, late vibrato and slow drift."""
    times = np.arange(points) * STEP / SAMPLE_RATE
    glide_s, scoop = rng.uniform(0.015, 0.07), rng.uniform(0, 0.6)
    depth, rate = rng.uniform(0.05, 0.7), rng.uniform(4.6, 6.6)
    curve = np.full(points, float(line.notes[0].pitch))
    for before, note in zip((line.notes[0], *line.notes), line.notes, strict=False):
        t = times - note.onset_s
        slide = 1 / (1 + np.exp(-np.clip(t / (glide_s / 3), -30, 30)))
        if note.onset_s - before.offset_s > 0.1:
            slide = (t > -0.08).astype(float)
        curve += slide * (note.pitch - curve)
        inside = (t >= -0.02) & (times < note.offset_s)
        if rng.random() < scoop:
            curve[inside] -= rng.uniform(0.2, 1.8) * np.exp(-np.maximum(t[inside], 0) / rng.uniform(0.02, 0.06))
        if note.offset_s - note.onset_s > 0.25:
            swell = np.clip((t[inside] - 0.15) / 0.3, 0, 1)
            curve[inside] += depth * swell * np.sin(2 * np.pi * rate * t[inside] + rng.uniform(0, 6))
    drift = np.cumsum(rng.normal(0, 1, points // 100 + 2))
    drift -= np.linspace(drift[0], drift[-1], len(drift))
    drift *= rng.uniform(0, 0.2) / (np.std(drift) + 1e-6)
    return curve + np.interp(np.arange(points), np.arange(len(drift)) * 100, drift)


def formants(vowel: int, count: int, shift: float) -> np.ndarray:
    """Response of a vowel at ``count`` FFT bins, unit peak; ``shift`` is the singer's size."""
    hz = np.fft.rfftfreq(2 * (count - 1), 1 / SAMPLE_RATE)
    response = np.full(count, 0.02)
    for k, (centre, width) in enumerate(zip(VOWELS[vowel], BANDWIDTHS, strict=True)):
        response += 10 ** (-k * 5 / 20) / (1 + ((hz - centre * shift) / width) ** 2)
    return response * (hz > 60)


def level_curve(line: Line, points: int, rng: np.random.Generator) -> np.ndarray:
    """(points,) loudness of the voiced sound: each syllable rises and falls, legato ones dip only a little."""
    times = np.arange(points) * STEP / SAMPLE_RATE
    level = np.zeros(points)
    rise, fall = rng.uniform(0.01, 0.05), rng.uniform(0.02, 0.08)
    for note in line.notes:
        shape = np.clip((times - note.onset_s + rise / 2) / rise, 0, 1) * np.clip(
            (note.offset_s + fall - times) / fall, 0, 1
        )
        swell = 1 + rng.uniform(-0.3, 0.3) * np.clip((times - note.onset_s) / (note.offset_s - note.onset_s), 0, 1)
        level = np.maximum(level, shape * swell * (note.velocity / 127) ** 1.2)
    for note in line.notes:
        if rng.random() < 0.6:
            depth = rng.uniform(0.2, 0.95)
            level *= 1 - depth * np.exp(-0.5 * ((times - note.onset_s + 0.03) / rng.uniform(0.012, 0.03)) ** 2)
    return level


def consonants(line: Line, rng: np.random.Generator) -> np.ndarray:
    """(samples,) noise bursts just before some onsets: s, t, k, f and breath."""
    out = np.zeros(round(CLIP_S * SAMPLE_RATE) + SAMPLE_RATE)
    for note in line.notes:
        if rng.random() < 0.45:
            length = int(rng.uniform(0.02, 0.11) * SAMPLE_RATE)
            start = max(0, int(note.onset_s * SAMPLE_RATE) - length)
            burst = rng.normal(0, 1, length) * np.hanning(length) * rng.uniform(0.02, 0.25)
            out[start : start + length] += np.diff(burst, prepend=0) if rng.random() < 0.7 else burst
    return out[: round(CLIP_S * SAMPLE_RATE)]


def sing(line: Line, rng: np.random.Generator) -> np.ndarray:
    """(samples,) float32 of one sung line over the whole clip."""
    samples = round(CLIP_S * SAMPLE_RATE)
    if not line.notes:
        return np.zeros(samples, np.float32)
    points = samples // STEP + 2
    at, grid = np.arange(samples), np.arange(points) * STEP
    pitch = np.interp(at, grid, pitch_curve(line, points, rng))
    level = np.interp(at, grid, level_curve(line, points, rng))
    top = max(n.pitch for n in line.notes) + 3
    partials = np.arange(1, max(2, int(TOP_HZ / (440 * 2 ** ((top - 69) / 12)))))[:120]
    phase = np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / SAMPLE_RATE
    source = read(table(partials ** -rng.uniform(0.8, 1.6), rng), phase)
    source = (source + rng.uniform(0.01, 0.12) * rng.normal(0, 1, samples)) * level
    size, spectrum = rng.uniform(0.85, 1.25), np.zeros(0)
    vowel_of = rng.integers(0, len(VOWELS), len(line.notes))
    edges = np.array([n.onset_s for n in line.notes[1:]])
    current = vowel_of[np.searchsorted(edges, at / SAMPLE_RATE)]
    length = 1 << (samples - 1).bit_length()
    spectrum = np.zeros(length // 2 + 1, complex)
    smooth = np.hanning(1765) / np.hanning(1765).sum()
    for vowel in np.unique(current):
        gate = np.convolve((current[::STEP] == vowel).astype(float), smooth[::STEP] / smooth[::STEP].sum(), "same")
        gate = np.interp(at, np.arange(len(gate)) * STEP, gate)
        spectrum += np.fft.rfft(source * gate, length) * formants(int(vowel), len(spectrum), size)
    voiced = np.fft.irfft(spectrum)[:samples]
    voiced /= np.sqrt((voiced**2).mean()) + 1e-9
    return (0.1 * (voiced + rng.uniform(0, 1) * consonants(line, rng))).astype(np.float32)
