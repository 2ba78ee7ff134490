"""Sampled instruments: General MIDI soundfonts played by fluidsynth, one line at a time."""

from __future__ import annotations

from pathlib import Path

import fluidsynth
import numpy as np

from training.notes.compose import Line
from training.plan import CLIP_S, SAMPLE_RATE

PROGRAMS = {
    "bass": (32, 33, 33, 33, 34, 34, 34, 35, 36, 37, 38, 38, 39, 39, 87, 43, 58),
    "riff": (27, 28, 28, 29, 29, 29, 30, 30, 30, 30, 31, 62, 81),
    "chords": (0, 0, 1, 2, 4, 4, 5, 7, 11, 16, 17, 18, 19, 21, 24, 24, 25, 25, 26, 27, 27, 28, 29, 30, 46, 48, 61, 62),
    "pad": (16, 18, 19, 21, 44, 48, 48, 49, 50, 51, 52, 52, 61, 63, 88, 89, 90, 91, 92, 94, 95),
    "arp": (0, 0, 4, 6, 8, 9, 10, 11, 12, 13, 15, 24, 24, 25, 25, 26, 27, 27, 28, 45, 46, 80, 81, 84, 88, 98, 104, 107),
    "lead": (
        0,
        11,
        22,
        25,
        26,
        27,
        29,
        30,
        30,
        40,
        41,
        42,
        53,
        54,
        56,
        57,
        60,
        64,
        65,
        66,
        68,
        71,
        73,
        74,
        78,
        80,
        81,
        82,
    ),
    "voice": (52, 53, 53, 54, 85, 65, 66, 71, 73, 40, 82),
    "random": (0, 4, 11, 16, 24, 25, 27, 30, 48, 56, 61, 65, 73, 80, 88),
}
"""Usual General MIDI programs by kind, repeated by how common they are in recordings."""

ANY_PROGRAM = 0.15
"""Share of the lines that take any melodic program, so that no sound is unheard."""

BEND_RANGE = 2.0
"""Semitones of a full pitch bend, the General MIDI default."""


def choose_program(line: Line, rng: np.random.Generator) -> int:
    """The program of a line: the song's own, a usual one of its kind or any."""
    if line.program is not None:
        return line.program
    if rng.random() < ANY_PROGRAM and line.kind != "bass":
        return int(rng.integers(0, 112))
    return int(rng.choice(PROGRAMS[line.kind]))


class FontPlayer:
    """One soundfont held open; loading a large one takes seconds, so a worker keeps it."""

    def __init__(self, path: Path) -> None:
        """Open ``path`` (sf2 or sf3)."""
        self._synth = fluidsynth.Synth(samplerate=float(SAMPLE_RATE), gain=0.4)
        self._font = self._synth.sfload(str(path))
        if self._font < 0:
            raise FileNotFoundError(path)

    def render(self, line: Line, rng: np.random.Generator) -> np.ndarray:
        """(samples,) float32 of one line over the whole clip."""
        synth = self._synth
        synth.system_reset()
        if synth.program_select(0, self._font, 0, choose_program(line, rng)) != 0:
            synth.program_select(0, self._font, 0, 0)
        synth.cc(0, 7, 110)
        synth.cc(0, 91, int(rng.choice([0, 20, 40, 80])))
        synth.cc(0, 93, int(rng.choice([0, 0, 30])))
        pieces, position = [], 0
        for time_s, _, action in sorted(self._events(line, rng), key=lambda e: e[:2]):
            count = round(time_s * SAMPLE_RATE) - position
            if count > 0:
                pieces.append(synth.get_samples(count))
                position += count
            action()
        pieces.append(synth.get_samples(max(1, round(CLIP_S * SAMPLE_RATE) - position)))
        stereo = np.concatenate(pieces).reshape(-1, 2)[: round(CLIP_S * SAMPLE_RATE)]
        return stereo.astype(np.float32).mean(1) / 32768

    def _events(self, line: Line, rng: np.random.Generator):
        """(time, order, action): note-offs first, so that a repeated pitch is not cut."""
        synth = self._synth
        bends = line.kind in ("lead", "voice") and rng.random() < 0.5
        for n in line.notes:
            yield n.onset_s, 2, lambda n=n: synth.noteon(0, n.pitch, n.velocity)
            yield n.offset_s, 0, lambda n=n: synth.noteoff(0, n.pitch)
            if bends:
                yield from self._bends(n.onset_s, n.offset_s - n.onset_s, rng)

    def _bends(self, onset_s: float, length_s: float, rng: np.random.Generator):
        """A scoop into the note, vibrato later, or a slow bend up a whole tone."""
        synth, t = self._synth, np.arange(0, length_s, 0.012)
        curve = np.zeros(len(t))
        if rng.random() < 0.3:
            curve -= rng.uniform(0.3, 1.5) * np.exp(-t / rng.uniform(0.02, 0.05))
        if length_s > 0.3 and rng.random() < 0.6:
            depth = rng.uniform(0.1, 0.5) * np.clip((t - 0.2) / 0.3, 0, 1)
            curve += depth * np.sin(2 * np.pi * rng.uniform(4.5, 6.8) * t)
        elif length_s > 0.6 and rng.random() < 0.2:
            curve += 2 / (1 + np.exp(-(t - length_s * 0.5) / 0.04))
        for when, value in zip(t, curve, strict=True):
            word = int(np.clip(value / BEND_RANGE * 8191, -8191, 8191))
            yield onset_s + float(when), 1, lambda word=word: synth.pitch_bend(0, word)
