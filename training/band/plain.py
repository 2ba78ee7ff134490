"""Clips of plain waves, alone or few together: sines and their like, which no instrument of the other clips is.

    python -m training.band.plain ITEMS --first 8800 --clips 96

A pure tone among instruments is a partial of one of them, so that a net that hears bands alone takes every sine for
nobody's. Sub basses, whistles, test tones and simple synthesisers are such notes. Items as clips.py's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bridge.note_maps.features import RATE, REFERENCE_DB
from training.band.clips import Studio, rows_of, use_rate, write
from training.band.families import FAMILIES
from training.band.players import LENGTH_S, SAMPLES
from training.band.studio import placed, rms
from training.notes.compose import Played

MAX_PARTS = 3


def wave(note: Played, softness: float, partials: int, rng: np.random.Generator) -> np.ndarray:
    """(samples,) of one note: partials that fall with their number, an attack and a release, now and then a decay."""
    t = np.arange(int((note.offset_s - note.onset_s) * RATE)) / RATE
    hz = 440 * 2 ** ((note.pitch - 69) / 12)
    k = np.arange(1, max(2, min(partials, int(9000 / hz)) + 1))
    x = (np.sin(2 * np.pi * hz * k[:, None] * t) * (k**-softness)[:, None]).sum(0)
    attack, release = rng.uniform(0.001, 0.03), rng.uniform(0.005, 0.08)
    shape = np.minimum(1, t / attack) * np.minimum(1, (t[-1] - t) / release)
    return x * shape * (np.exp(-t / rng.uniform(0.2, 2)) if rng.random() < 0.3 else 1) * (note.velocity / 127) ** 1.2


def line(low: int, high: int, rng: np.random.Generator) -> tuple[Played, ...]:
    """Notes that walk between two keys, with rests; now and then one held for the whole clip."""
    if rng.random() < 0.15:
        return (Played(0.0, LENGTH_S, int(rng.integers(low, high)), 90),)
    notes, at, key, beat = [], rng.uniform(0, 0.6), int(rng.integers(low, high)), rng.uniform(0.12, 0.7)
    while at < LENGTH_S - 0.5:
        length = beat * float(rng.choice([1, 1, 1, 2, 4]))
        notes.append(Played(at, min(LENGTH_S, at + length * rng.uniform(0.5, 1)), key, int(rng.integers(50, 120))))
        at += length * float(rng.choice([1, 1, 1, 2]))
        key = int(np.clip(key + rng.integers(-7, 8), low, high))
    return tuple(n for n in notes if n.offset_s - n.onset_s > 0.06)


def clip(number: int, out: Path, studio: Studio) -> None:
    """Write one clip."""
    rng, mix, rows = np.random.default_rng([61, number]), np.zeros((2, SAMPLES), np.float32), []
    for part in range(int(rng.integers(1, MAX_PARTS + 1))):
        low = int(rng.choice([28, 40, 52, 64, 76]))
        partials = int(rng.choice([1, 1, 1, 2, 3, 8, 30]))
        softness, x = rng.uniform(0.8, 3), np.zeros(SAMPLES + RATE, np.float32)
        notes = line(low, min(100, low + int(rng.integers(8, 24))), rng)
        for note in notes:
            a, y = round(note.onset_s * RATE), wave(note, softness, partials, rng)
            x[a : a + len(y)] += y[: len(x) - a]
        sound = placed(np.stack([x[:SAMPLES]] * 2), float(rng.choice([0, 0, rng.uniform(-0.8, 0.8)])), 1.0)
        sound *= np.float32(10 ** (rng.normal(0, 4) / 20))
        family = "bass" if low < 40 else "synth"
        rows.append(rows_of(notes, sound, (38 if low < 40 else 80, FAMILIES.index(family), part, 103), studio.vqt))
        mix += sound
    mix += np.float32(rms(mix) * 10 ** (rng.uniform(-90, -40) / 20)) * rng.normal(0, 1, mix.shape).astype(np.float32)
    gain = np.float32(10 ** (REFERENCE_DB / 20) / (rms(mix.mean(0)) + 1e-9))
    write(out / f"{number:05d}_mix.npz", mix * gain, "mix", np.concatenate(rows), np.zeros((0, 3), np.float32), studio)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--first", type=int, default=8800)
    parser.add_argument("--clips", type=int, default=96)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    use_rate()
    studio = Studio([], [], None)
    for number in range(args.first, args.first + args.clips):
        clip(number, args.out, studio)


if __name__ == "__main__":
    main()
