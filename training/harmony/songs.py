"""Songs with chords: MMA's accompaniments over the progressions they were asked for, and made-up ones."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from bridge.music.harmony import NAMES, NO_CHORD, QUALITIES
from training.beat.compose import song_with_chords
from training.beat.songs import Song
from training.notes.accompany import BARS, SECTIONS
from training.notes.accompany import song as mma_text

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
OF_MMA = {
    "": "maj", "M7": "maj7", "7": "7", "6": "maj6", "sus4": "sus4", "add9": "maj", "9": "7",
    "m": "min", "m7": "min7", "m9": "min7", "m6": "min6",
}  # fmt: skip
"""MMA's chord types as qualities; ninths count as what they are built on."""
BY_STEPS = {frozenset(steps): name for name, (steps, _) in QUALITIES.items()}


@dataclass(frozen=True, slots=True)
class Harmonised:
    """A song and its chord at every beat."""

    song: Song
    chords: list[tuple[int, str] | None]
    """(root, quality) per beat from the first, None where it is not known."""


def made(number: int) -> Harmonised:
    """A made-up song."""
    song, spans = song_with_chords(number)
    chords: list[tuple[int, str] | None] = [None] * int(song.downbeats[-1])
    for first, last, root, classes in spans:
        quality = BY_STEPS.get(frozenset((c - root) % 12 for c in classes))
        for beat in range(round(first), min(len(chords), round(last))):
            chords[beat] = (root, quality) if quality else None
    return Harmonised(song, chords)


def of_mma(song: Song, names: list[str]) -> Harmonised | None:
    """An accompaniment with the chords that it was made from; None in compound metres."""
    if song.swung:
        return None
    rows = [line for line in mma_text(int(song.name), names).splitlines() if not line.startswith(("Tempo", "Groove"))]
    if len(rows) != BARS * SECTIONS or len(song.downbeats) <= BARS * SECTIONS:
        return None
    chords: list[tuple[int, str] | None] = []
    for row, beats in zip(rows, np.diff(song.downbeats), strict=False):
        parts = [p for p in row.split() if p]
        bar = []
        for beat in range(int(beats)):
            text = parts[beat] if beat < len(parts) else "/"
            bar.append(bar[-1] if text == "/" else _parsed(text))
        chords += bar
    return Harmonised(song, chords)


def _parsed(text: str) -> tuple[int, str] | None:
    match = re.fullmatch(r"([A-G])([b#]?)(.*)", text)
    if match is None or match[3] not in OF_MMA:
        return None
    root = LETTERS[match[1]] + {"": 0, "b": -1, "#": 1}[match[2]]
    return root % 12, OF_MMA[match[3]]


def label_index(chord: tuple[int, str] | None) -> int:
    """The index of a chord among 12 * qualities, -1 where it is not known."""
    if chord is None or chord[1] == NO_CHORD:
        return -1
    return chord[0] * len(NAMES) + NAMES.index(chord[1])
