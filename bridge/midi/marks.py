"""Chords, sections and key as names at places, for every file that has markers."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.music.harmony import NO_CHORD, Key
from bridge.music.parts import Score

_MAJOR = ("Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#")
_MINOR = ("Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m")
"""From six flats to six sharps: the keys as a MIDI file's signature has them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A name at a place."""

    time_s: float
    name: str
    is_section: bool


def marks(score: Score) -> list[Mark]:
    """Return the beginnings of sections and chords in time order, a section before the chord that begins with it."""
    marked = [Mark(max(0.0, s.onset_s), s.name, True) for s in score.sections]
    last = NO_CHORD
    for chord in sorted(score.chords, key=lambda c: c.onset_s):
        # A chord that goes on says nothing new.
        if chord.symbol not in (last, NO_CHORD):
            marked.append(Mark(max(0.0, chord.onset_s), chord.symbol, False))
        last = chord.symbol
    return sorted((m for m in marked if m.time_s < score.length_s), key=lambda m: (m.time_s, not m.is_section))


def key_signature(key: Key) -> str:
    """Return a key as signatures spell it, such as "F#m"."""
    return (_MINOR if key.minor else _MAJOR)[key.fifths + 6]
