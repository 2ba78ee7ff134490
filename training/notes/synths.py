"""Simple synthesised instruments of our own: saw, square, FM, organ, pluck; chords, basses, leads, pads.

Each note reads two one-cycle tables, a bright and a dark one, and fades from one to the other: that
is a filter sweep, a pluck's dying overtones or a pad's slow swell, at the price of two look-ups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.notes.compose import Line, Played
from training.plan import CLIP_S, SAMPLE_RATE

TABLE = 2048
"""Samples of a one-cycle table; its interpolation error is below 16 bit noise for these spectra."""

TOP_HZ = 15_000.0
"""Highest partial, in Hz, so that no table aliases."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One synthesiser sound."""

    wave: str
    tilt: float
    """Spectral slope of the bright table: partial n has amplitude n ** -tilt."""
    damping: float
    """Extra slope of the dark table."""
    attack_s: float
    decay_s: float
    sustain: float
    release_s: float
    sweep_s: float
    voices: int
    detune: float
    """Semitones between the unison voices."""
    fm_ratio: float
    fm_index: float
    noise: float
    vibrato: float
    glide_s: float


def random_patch(kind: str, rng: np.random.Generator) -> Patch:
    """A sound that fits the kind of line."""
    pad, plucked = kind == "pad", kind in ("arp", "chords", "bass", "riff", "random") and rng.random() < 0.55
    return Patch(
        wave=str(rng.choice(["saw", "saw", "square", "pulse", "triangle", "fm", "organ", "formant"])),
        tilt=float(rng.uniform(0.5, 1.6)),
        damping=float(rng.uniform(0.4, 2.0)),
        attack_s=float(rng.uniform(0.08, 0.5) if pad else rng.choice([0.002, 0.005, 0.02])),
        decay_s=float(rng.uniform(0.1, 1.5) if plucked else rng.uniform(0.3, 3)),
        sustain=float(rng.choice([0, 0, 0.2]) if plucked else rng.uniform(0.4, 1)),
        release_s=float(rng.uniform(0.2, 0.8) if pad else rng.choice([0.01, 0.03, 0.08, 0.2])),
        sweep_s=float(np.exp(rng.uniform(np.log(0.03), np.log(1.5)))),
        voices=int(rng.choice([1, 1, 2, 3])),
        detune=float(rng.uniform(0.02, 0.2)),
        fm_ratio=float(rng.choice([0.5, 1, 1, 2, 3, 3.5, 7])),
        fm_index=float(rng.uniform(0.3, 4)),
        noise=float(rng.choice([0, 0, 0.003, 0.01])),
        vibrato=float(rng.choice([0, 0, 0.1, 0.3])) if kind == "lead" else 0.0,
        glide_s=float(rng.choice([0, 0, 0.03, 0.08])) if kind in ("lead", "bass") else 0.0,
    )


def partials(wave: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Amplitudes of partials 1..count, before the tilt."""
    n = np.arange(1, count + 1)
    if wave == "square":
        return (n % 2).astype(float)
    if wave == "pulse":
        return np.abs(np.sin(np.pi * n * rng.uniform(0.1, 0.4)))
    if wave == "triangle":
        return (n % 2) / n
    if wave == "organ":
        drawn = np.zeros(count)
        stops = [s for s in (1, 2, 3, 4, 6, 8) if s <= count]
        drawn[np.array(stops) - 1] = rng.random(len(stops)) * np.sqrt(stops)
        return drawn + 1e-3
    if wave == "formant":
        return 0.1 + sum(np.exp(-0.5 * ((n - c) / 1.5) ** 2) for c in rng.uniform(1, 12, 2))
    return np.ones(count)


def table(amplitudes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One cycle with these partials, unit RMS; the first sample is repeated at the end."""
    spectrum = np.zeros(TABLE // 2 + 1, complex)
    spectrum[1 : len(amplitudes) + 1] = amplitudes * np.exp(1j * rng.uniform(0, 0.5 * np.pi, len(amplitudes)))
    cycle = np.fft.irfft(spectrum)
    cycle /= np.sqrt((cycle**2).mean()) + 1e-12
    return np.append(cycle, cycle[0]).astype(np.float32)


def read(cycle: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """The table at ``phase`` (cycles), linearly interpolated."""
    x = (phase % 1.0) * TABLE
    i = np.minimum(x.astype(np.int32), TABLE - 1)
    return cycle[i] + (x - i) * (cycle[i + 1] - cycle[i])


class SynthPlayer:
    """One patch; makes its tables per octave as notes need them."""

    def __init__(self, patch: Patch, rng: np.random.Generator) -> None:
        """A player of ``patch``."""
        self._patch, self._rng = patch, rng
        self._shape = partials(patch.wave, 60, rng)
        self._tables: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def _pair(self, pitch: int) -> tuple[np.ndarray, np.ndarray]:
        octave = pitch // 12
        if octave not in self._tables:
            top_hz = 440 * 2 ** (((octave + 1) * 12 - 69) / 12)
            n = np.arange(1, int(np.clip(TOP_HZ / top_hz, 1, 60)) + 1)
            bright = self._shape[: len(n)] * n**-self._patch.tilt
            dark = bright * n**-self._patch.damping
            self._tables[octave] = table(bright, self._rng), table(dark, self._rng)
        return self._tables[octave]

    def note(self, note: Played, before: Played | None) -> np.ndarray:
        """(samples,) of one note, its release included."""
        p, rng = self._patch, self._rng
        held = note.offset_s - note.onset_s
        t = np.arange(int((held + p.release_s) * SAMPLE_RATE)) / SAMPLE_RATE
        bend = p.vibrato * np.clip((t - 0.15) / 0.3, 0, 1) * np.sin(2 * np.pi * 5.6 * t)
        if p.glide_s and before is not None and note.onset_s - before.offset_s < 0.05:
            bend = bend + (before.pitch - note.pitch) * np.exp(-t / (p.glide_s / 3))
        bright, dark = self._pair(note.pitch)
        fade = np.exp(-t / p.sweep_s)
        out = np.zeros(len(t))
        for v in range(p.voices):
            offset = (v - (p.voices - 1) / 2) * p.detune
            phase = rng.random() + np.cumsum(440 * 2 ** ((note.pitch - 69 + offset + bend) / 12)) / SAMPLE_RATE
            if p.wave == "fm":
                phase = phase + p.fm_index * fade / (2 * np.pi) * np.sin(2 * np.pi * p.fm_ratio * phase)
                out += np.sin(2 * np.pi * phase)
            else:
                out += read(bright, phase) * fade + read(dark, phase) * (1 - fade)
        if p.noise:
            out += p.noise * rng.normal(0, 1, len(t)) * 10 ** (note.velocity / 127)
        return out * self._envelope(t, held) * (note.velocity / 127) ** 1.5

    def _envelope(self, t: np.ndarray, held: float) -> np.ndarray:
        p = self._patch
        level = np.clip(t / p.attack_s, 0, 1) * (p.sustain + (1 - p.sustain) * np.exp(-t / p.decay_s))
        return level * np.where(t > held, np.exp(-np.maximum(t - held, 0) / (p.release_s / 4)), 1)

    def render(self, line: Line) -> np.ndarray:
        """(samples,) float32 of a line over the whole clip."""
        out = np.zeros(round(CLIP_S * SAMPLE_RATE) + SAMPLE_RATE, np.float32)
        before = None
        for note in line.notes:
            start = int(note.onset_s * SAMPLE_RATE)
            x = self.note(note, before)[: len(out) - start]
            out[start : start + len(x)] += x * 0.1
            before = note
        return out[: round(CLIP_S * SAMPLE_RATE)]
