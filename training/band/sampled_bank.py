"""Sampled instruments, each a folder of recordings named by their notes, as one-shots.

python -m training.band.sampled_bank OUT SOURCE FAMILY LOW HIGH NAME=FOLDER[=PATTERN] [NAME=FOLDER[=PATTERN] ...]

PATTERN is a regular expression that chooses the files of one strength or way of playing; a group in it is the note, by
name or by number. Of files of one note the first by name is taken.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import soundfile
import soxr

from bridge.note_maps.features import RATE
from training.band.oneshots import TOTAL_S, save, spread

SUFFIXES = (".mp3", ".ogg", ".flac", ".wav", ".aif", ".aiff")
NOTE = re.compile(r"(?<![A-Za-z])([A-Ga-g])(s|#|b)?(-?\d)(?!\d)")
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
SIGNS = {"s": 1, "#": 1, "b": -1}


def pitch_of(name: str, pattern: str = "") -> int | None:
    """The General MIDI pitch in a file's name, middle C being C4 or 60; None if the pattern is not met."""
    chosen = re.search(pattern, name)
    if chosen is None:
        return None
    text = chosen.group(1) if chosen.groups() else name
    found = NOTE.search(text)
    if found is None:
        return int(text) if text.isdigit() else None
    letter, sign, octave = found.groups()
    return 12 * (int(octave) + 1) + STEPS[letter.lower()] + SIGNS.get(sign or "", 0)


def recordings(folder: Path, pattern: str = "") -> dict[int, Path]:
    """The recording of each pitch, the first by name."""
    out: dict[int, Path] = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES):
        pitch = pitch_of(path.name, pattern)
        if pitch is not None:
            out.setdefault(pitch, path)
    return out


def heard(path: Path) -> np.ndarray:
    """A recording's first seconds at RATE, both sides added."""
    with soundfile.SoundFile(path) as file:
        x = file.read(int((TOTAL_S + 2) * file.samplerate), dtype="float32", always_2d=True).mean(1)
        return soxr.resample(x, file.samplerate, RATE)


def main() -> None:
    """Command line."""
    out, source, family, low, high = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    for argument in sys.argv[6:]:
        name, folder, *pattern = argument.split("=", 2)
        paths = recordings(Path(folder), *pattern)
        sounds = {p: heard(paths[p]) for p in spread(list(paths), low, high)}
        # A stop of an organ may sound an octave lower or higher than its key.
        wrong = save(out, family, f"{source}_{name}", sounds, strict=family != "organ")
        print(family, source, name, len(sounds), wrong or "made")


if __name__ == "__main__":
    main()
