"""Chords, keys and sections as data and as musicians write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

QUALITIES: Mapping[str, tuple[tuple[int, ...], str]] = {
    "maj": ((0, 4, 7), ""),
    "min": ((0, 3, 7), "m"),
    "7": ((0, 4, 7, 10), "7"),
    "maj7": ((0, 4, 7, 11), "maj7"),
    "min7": ((0, 3, 7, 10), "m7"),
    "maj6": ((0, 4, 7, 9), "6"),
    "min6": ((0, 3, 7, 9), "m6"),
    "sus4": ((0, 5, 7), "sus4"),
    "sus2": ((0, 2, 7), "sus2"),
    "dim": ((0, 3, 6), "dim"),
    "dim7": ((0, 3, 6, 9), "dim7"),
    "hdim7": ((0, 3, 6, 10), "m7b5"),
    "aug": ((0, 4, 8), "aug"),
}
"""Quality -> semitones above the root, and what follows the root in a lead sheet. The qualities are the shorthands of
C. Harte et al., "Symbolic representation of musical chords" (ISMIR 2005), which mir_eval reads."""
NAMES = tuple(QUALITIES)
NO_CHORD = "N"
SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
DEGREES = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7")
"""Of a bass note above the root, in Harte's notation."""
FLAT_KEYS = frozenset({5, 10, 3, 8, 1})
"""Tonics of the major keys that are written with flats: F, B flat, E flat, A flat, D flat."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord that holds from its onset to its offset."""

    onset_s: float
    offset_s: float
    symbol: str
    """As lead sheets write it, such as "F#m7/E"; "N" where no chord sounds."""
    confidence: float = 1.0
    root: int | None = None
    """Pitch class 0..11, None where no chord sounds."""
    quality: str = NO_CHORD
    """A key of :data:`QUALITIES`, or N."""
    bass: int | None = None
    """Pitch class of the lowest note; another than the root in inversions."""

    @property
    def harte(self) -> str:
        """The chord in Harte's notation, such as A:min7/b7."""
        if self.root is None:
            return NO_CHORD
        over = "" if self.bass is None or self.bass == self.root else f"/{DEGREES[(self.bass - self.root) % 12]}"
        return f"{SHARPS[self.root]}:{self.quality}{over}"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that holds from its onset to its offset."""

    onset_s: float
    offset_s: float
    tonic: int
    """Pitch class 0..11."""
    minor: bool
    confidence: float = 1.0

    @property
    def flats(self) -> bool:
        """Return whether it is written with flats."""
        return (self.tonic + 3) % 12 in FLAT_KEYS if self.minor else self.tonic in FLAT_KEYS

    @property
    def fifths(self) -> int:
        """Sharps of its signature; flats count below 0."""
        major = (self.tonic + 3) % 12 if self.minor else self.tonic
        sharps = major * 7 % 12
        return sharps - 12 if sharps > 6 else sharps

    @property
    def name(self) -> str:
        """The key as it is said, such as "F# minor"."""
        return f"{(FLATS if self.flats else SHARPS)[self.tonic]} {'minor' if self.minor else 'major'}"


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the form.

    Those with the same name are alike.
    """

    onset_s: float
    offset_s: float
    name: str
    """As the DAW's marker shows it, such as "A"."""
    confidence: float = 1.0


def symbol_of(root: int, quality: str, bass: int | None, *, flats: bool = False) -> str:
    """The symbol of a chord, such as "Bbmaj7/D"."""
    letters = FLATS if flats else SHARPS
    over = "" if bass is None or bass == root else f"/{letters[bass]}"
    return f"{letters[root]}{QUALITIES[quality][1]}{over}"


def spelled_chord(chord: Chord, *, flats: bool) -> Chord:
    """The chord with its symbol written in sharps or flats."""
    if chord.root is None:
        return chord
    return replace(chord, symbol=symbol_of(chord.root, chord.quality, chord.bass, flats=flats))
