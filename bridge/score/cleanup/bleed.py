"""Notes that leaked from one stem into another: the same key at the same time, and weaker there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from bridge.music.notes import Note

TOGETHER_S = 0.05
"""Onsets this close may be one sound: engines place an onset within 30 ms, a stem's smear adds some."""
WEAKER = 0.5
"""A note of at most this share of the other's velocity, 12 dB less, is its leakage: unisons that are played are
rarely so far apart, and what a separator leaves of another stem lies 10 to 20 dB down. At 0.6 and above basses
that a louder part doubles began to go (evaluation set: bass 0.794 to 0.789 at 1.0)."""


def without_bleed(parts: Mapping[str, Sequence[Note]]) -> dict[str, list[Note]]:
    """The parts by role, each without the notes that another part has louder at the same time and key."""
    return {role: [n for n in notes if not _leaked(n, role, parts)] for role, notes in parts.items()}


def _leaked(note: Note, role: str, parts: Mapping[str, Sequence[Note]]) -> bool:
    return any(
        other.pitch == note.pitch and note.velocity <= WEAKER * other.velocity
        for name, notes in parts.items()
        if name != role
        for other in near(notes, note.onset_s, TOGETHER_S)
    )


def near(notes: Sequence[Note], onset_s: float, within_s: float) -> Sequence[Note]:
    """The notes of a sorted sequence that begin within ``within_s`` of ``onset_s``."""
    low = bisect_left(notes, onset_s - within_s, key=lambda n: n.onset_s)
    high = bisect_left(notes, onset_s + within_s, lo=low, key=lambda n: n.onset_s)
    return notes[low:high]
