"""Excerpts as the engines would have heard them, with their true beats: what all networks of the beat learn from.

    python -m training.beat.excerpts EXCERPTS.npz CORPUS.npz ... --count 12000 [--seed 0]

Thirty milliseconds each. A third is cut to 8 to 32 s: loops are short.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.score.beat.features import CHANNELS, BeatEvidence, NoteArrays, smeared
from bridge.score.beat.onset_strength import RATE_HZ, OnsetStrength
from bridge.score.beat.onsets import accents_of, onsets_of
from training.beat.corpus import read_songs
from training.beat.hear import EXCERPT_S, Example, example
from training.beat.songs import Song

SHARES = {"made": 0.5, "mma": 0.38, "openmsx": 0.12}
"""Of the excerpts by the source of their song."""
FRAMES = int(EXCERPT_S * RATE_HZ)
LEVELS = 127.0
"""Steps of a curve from 0 to 1; the curves reach 2."""
MIN_BEATS = 8
SHORTEST_S = 8.0
CUT_SHARE = 0.35
MOST_BEATS = 240


@dataclass(frozen=True, slots=True)
class Excerpts:
    """Arrays of many excerpts."""

    curves: np.ndarray
    """(excerpts, channels, frames) of :func:`bridge.score.beat.features.smeared`, in :data:`LEVELS`."""
    onsets: np.ndarray
    """(excerpts, 2, frames) onset strength of sound and notes, and the same with accents."""
    frames: np.ndarray
    """(excerpts,) their lengths."""
    beats: np.ndarray
    """(excerpts, MOST_BEATS) in seconds, then NaN."""
    firsts: np.ndarray
    """(excerpts, MOST_BEATS) whether each begins a bar."""


def source(song: Song) -> str:
    """Where a song is from."""
    return "made" if song.name.startswith("made") else "mma" if song.name.isdigit() else "openmsx"


def cut(heard: Example, length_s: float) -> Example:
    """The first seconds of an excerpt."""

    def first(notes: NoteArrays) -> NoteArrays:
        kept = notes.onset_s < length_s
        return NoteArrays(notes.onset_s[kept], notes.offset_s[kept].clip(None, length_s), notes.pitch[kept],
                          notes.velocity[kept])  # fmt: skip

    count, notes = int(length_s * RATE_HZ), heard.heard
    return Example(
        OnsetStrength(heard.strength.full[:count], heard.strength.low[:count]),
        BeatEvidence(first(notes.drums), first(notes.bass), first(notes.other)),
        heard.beat_times_s[heard.beat_times_s < length_s],
        heard.downbeat_times_s[heard.downbeat_times_s < length_s],
    )


def drawn(songs: list[Song], rng: np.random.Generator) -> Example | None:
    """An excerpt of one of the songs; None where its beats are too few to tell anything."""
    heard = example(songs[rng.integers(len(songs))], rng)
    if rng.random() < CUT_SHARE:
        heard = cut(heard, rng.uniform(SHORTEST_S, EXCERPT_S))
    return heard if len(heard.beat_times_s) >= MIN_BEATS and len(heard.downbeat_times_s) else None


def by_source(songs: list[Song]) -> dict[str, list[Song]]:
    """The songs of each source."""
    return {name: [s for s in songs if source(s) == name] for name in SHARES}


def make(songs: list[Song], count: int, rng: np.random.Generator) -> Excerpts:
    """Draw excerpts."""
    groups = by_source(songs)
    names, shares = list(SHARES), np.array(list(SHARES.values()))
    made = Excerpts(
        np.zeros((count, CHANNELS, FRAMES), np.uint8), np.zeros((count, 2, FRAMES), np.float16),
        np.zeros(count, np.int32), np.full((count, MOST_BEATS), np.nan, np.float32),
        np.zeros((count, MOST_BEATS), bool),
    )  # fmt: skip
    done = 0
    while done < count:
        heard = drawn(groups[str(rng.choice(names, p=shares))], rng)
        if heard is None or len(heard.beat_times_s) > MOST_BEATS:
            continue
        store(made, done, heard)
        done += 1
    return made


def store(made: Excerpts, row: int, heard: Example) -> None:
    """Write one excerpt into the arrays."""
    size, beats = len(heard.strength.full), heard.beat_times_s
    made.frames[row] = size
    made.curves[row, :, :size] = np.round(smeared(heard.curves) * LEVELS)
    onsets = onsets_of(heard.strength, heard.heard)
    made.onsets[row, 0, :size] = onsets
    made.onsets[row, 1, :size] = accents_of(onsets, heard.strength, heard.heard)
    made.beats[row, : len(beats)] = beats
    made.firsts[row, : len(beats)] = np.abs(beats[:, None] - heard.downbeat_times_s[None, :]).min(1) < 0.03


def save(made: Excerpts, path: Path) -> None:
    """Write them, uncompressed, so that they are read at once."""
    np.savez(path, **{name: getattr(made, name) for name in Excerpts.__slots__})


def load(paths: list[Path]) -> Excerpts:
    """All excerpts of some files."""
    files = [np.load(p, allow_pickle=False) for p in paths]
    return Excerpts(*(np.concatenate([f[name] for f in files]) for name in Excerpts.__slots__))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=12000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    songs = [s for path in args.corpora for s in read_songs(path)]
    save(make(songs, args.count, np.random.default_rng(args.seed)), args.out)


if __name__ == "__main__":
    main()
