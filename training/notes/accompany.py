"""Accompaniments by MMA (Musical MIDI Accompaniment, Debian package `mma`, GPL-2+) over made-up chord progressions.

    python -m training.notes.accompany SONGS --count 300

writes SONGS/<number:04d>.mid. Its library holds some two thousand grooves by arrangers: bass lines, comping, arpeggios
and riffs as bands play them, where compose.py's players are alike in their habits. A song depends on its number alone.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

LIBRARY = Path("/usr/share/mma/lib")

KEYS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")

MAJOR = ((0, ""), (2, "m"), (4, "m"), (5, ""), (7, ""), (9, "m"), (10, ""))
MINOR = ((0, "m"), (3, ""), (5, "m"), (7, "m"), (7, ""), (8, ""), (10, ""))
"""Steps above the tonic and the triads on them, with the commonest borrowed ones."""

COLOURS = {"": ("", "", "", "M7", "7", "6", "sus4", "add9", "9"), "m": ("m", "m", "m", "m7", "m7", "m9", "m6")}
"""What a triad may be played as."""

BARS = 16
"""Of one section; a clip takes 10 to 40 bars of a song."""

SECTIONS = 3
"""Each has a groove of its own, so that an excerpt may hold a change."""


def grooves() -> list[str]:
    """The names of all grooves of the library that have a bass or a chord track of their own file."""
    names: list[str] = []
    for path in sorted(LIBRARY.rglob("*.mma")):
        if path.stem.startswith(("metronome", "none")):
            continue
        found = re.findall(r"^\s*DefGroove\s+(\S+)", path.read_text(errors="replace"), re.I | re.M)
        folder = "" if path.parent.name == "stdlib" else f"{path.relative_to(LIBRARY).with_suffix('')}:"
        names += [folder + name for name in found]
    return names


def chords(key: int, rng: np.random.Generator) -> list[str]:
    """One line of chord names a bar, over a progression of 2, 4 or 8 bars that repeats."""
    scale = MAJOR if rng.random() < 0.6 else MINOR
    bars = []
    for _ in range(int(rng.choice([2, 4, 4, 8]))):
        steps = [scale[i] for i in rng.integers(0, len(scale), int(rng.choice([1, 1, 1, 2])))]
        names = [KEYS[(key + step) % 12] + str(rng.choice(COLOURS[triad])) for step, triad in steps]
        bars.append(names[0] if len(names) == 1 else f"{names[0]} / {names[1]}")
    return [bars[i % len(bars)] for i in range(BARS)]


def song(number: int, names: list[str]) -> str:
    """A song in MMA's language."""
    rng = np.random.default_rng([13, number])
    key, lines = int(rng.integers(12)), ["Tempo 120"]
    for _ in range(SECTIONS):
        lines.append(f"Groove {names[rng.integers(len(names))]}")
        lines += chords(key, rng)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("songs", type=Path)
    parser.add_argument("--count", type=int, default=300)
    args = parser.parse_args()
    args.songs.mkdir(parents=True, exist_ok=True)
    names = grooves()
    with tempfile.TemporaryDirectory() as folder:
        text, midi = Path(folder) / "song.mma", Path(folder) / "song.mid"
        for number in range(args.count):
            target = args.songs / f"{number:04d}.mid"
            if target.exists():
                continue
            text.write_text(song(number, names))
            done = subprocess.run(["mma", text, "-f", midi], capture_output=True, text=True, check=False)
            # A few grooves ask for options that a plain song does not set.
            if done.returncode == 0 and midi.exists():
                target.write_bytes(midi.read_bytes())
            midi.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
