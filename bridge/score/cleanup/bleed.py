"""Find notes that leaked from one stem into another: the same key at the same time, and weaker there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from bridge.music.notes import Note
from bridge.music.parts import Part

TOGETHER_S = 0.05
"""Onsets this close may be one sound: engines place an onset within 30 ms, a stem's smear adds some."""
WEAKER = 0.5
"""A note of at most this share of the other's velocity, 12 dB less, is its leakage: unisons that are played are
rarely so far apart, and what a separator leaves of another stem lies 10 to 20 dB down. At 0.6 and above basses
that a louder part doubles began to go (evaluation set: bass 0.794 to 0.789 at 1.0)."""


def leaked_notes(parts: Sequence[Part]) -> Iterator[tuple[str, Note]]:
    """Yield the notes that a part of another stem has louder at the same time and key."""
    for part in parts:
        others = [other for other in parts if other.stem != part.stem]
        yield from ((part.id, note) for note in part.notes if _leaked(note, others))


def _leaked(note: Note, others: Sequence[Part]) -> bool:
    return any(
        other.pitch == note.pitch and note.velocity <= WEAKER * other.velocity
        for part in others
        for other in near(part.notes, note.onset_s, TOGETHER_S)
    )


def near(notes: Sequence[Note], onset_s: float, within_s: float) -> Sequence[Note]:
    """Return the notes of a sorted sequence that begin within ``within_s`` of ``onset_s``."""
    low = bisect_left(notes, onset_s - within_s, key=lambda n: n.onset_s)
    high = bisect_left(notes, onset_s + within_s, lo=low, key=lambda n: n.onset_s)
    return notes[low:high]
