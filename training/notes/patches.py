"""Freepats' instruments, played by timidity: the family kept out of training, to tune thresholds on."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile

from training.notes.compose import Line
from training.notes.fonts import choose_program
from training.plan import CLIP_S, SAMPLE_RATE


class PatchPlayer:
    """The same door as :class:`training.notes.fonts.FontPlayer`, for a timidity configuration."""

    def __init__(self, config: Path) -> None:
        """Remember the configuration; timidity itself starts with every line."""
        self._config = config
        self._programs = _programs(config)

    def render(self, line: Line, rng: np.random.Generator) -> np.ndarray:
        """(samples,) float32 of one line over the whole clip; programs that have no patch are drawn again."""
        program = choose_program(line, rng)
        while program not in self._programs:
            program = choose_program(Line(line.kind, line.notes), rng)
        song, part = pretty_midi.PrettyMIDI(), pretty_midi.Instrument(program)
        part.notes = [pretty_midi.Note(n.velocity, n.pitch, n.onset_s, n.offset_s) for n in line.notes]
        song.instruments.append(part)
        with tempfile.TemporaryDirectory() as folder:
            midi, wave = Path(folder) / "line.mid", Path(folder) / "line.wav"
            song.write(str(midi))
            command = [
                "timidity",
                "-c",
                self._config,
                midi,
                "-Ow",
                "-s",
                str(SAMPLE_RATE),
                "--output-mono",
                "--preserve-silence",
                "-o",
                wave,
            ]
            subprocess.run([str(c) for c in command], check=True, capture_output=True)
            x = soundfile.read(wave, dtype="float32")[0]
        length = round(CLIP_S * SAMPLE_RATE)
        return np.pad(x, (0, max(0, length - len(x))))[:length]


def _programs(config: Path) -> set[int]:
    """Programs with a patch in bank 0."""
    found, melodic = set(), False
    for row in config.read_text().splitlines():
        words = row.split("#")[0].split()
        if words[:1] in (["bank"], ["drumset"]):
            melodic = words == ["bank", "0"]
        elif melodic and words and words[0].isdigit():
            found.add(int(words[0]))
    return found
