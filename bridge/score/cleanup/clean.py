"""Clean up parts before they become a score.

Pure functions that move notes to the candidates and delete none.

The rules are applied in this order:

1. doubles of one key become one note (all parts);
2. spurious notes, harmonics that were taken for notes, bleed from other parts, and parts that are another once more
   leave (pitched parts);
3. a key that is struck again ends first (all parts).

On the evaluation set (melody on bass and vocals, Basic Pitch on other; bass, other, pitched and pitched_off 0.794,
0.631, 0.723, 0.358 without any) harmonics bring other to 0.632; bleed brings other to 0.632 and bass to 0.793; the
rest changes nothing. The engines' own thresholds leave the rules little to do there, so all are set to spare what may
be played. They guard looser settings, other engines, and MIDI itself, which cannot hold doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bridge.music.notes import Note
from bridge.music.parts import Candidate, Part
from bridge.score.cleanup.bleed import leaked_notes
from bridge.score.cleanup.spurious import harmonic_notes, spurious_notes
from bridge.score.cleanup.twins import twin_notes

DOUBLE_S = 0.03
"""Two onsets of one key in one part within this are one: at 16 notes a second they lie 62 ms apart."""
MIN_NOTE_S = 0.01
"""Shortest rest of a note that is cut; no sampler sounds anything shorter."""

Rule = Callable[[Sequence[Part]], Iterable[tuple[str, Note]]]
"""(part id, note) of the notes that must leave."""
RULES: tuple[tuple[str, Rule], ...] = (
    ("spurious", spurious_notes),
    ("harmonic", harmonic_notes),
    ("bleed", leaked_notes),
    ("duplicate", twin_notes),
)
"""Reason and rule, for pitched parts; each sees what the one before has left."""


def clean(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return the same parts without the notes that cannot be meant; these become candidates.

    Velocities of all parts are taken on one scale, level over the mix, as the engines give them.
    """
    cleaned = [moved(part, *joined_doubles(part.notes)) for part in parts]
    for reason, rule in RULES:
        leaving: dict[str, set[Note]] = {}
        for part_id, note in rule([p for p in cleaned if not p.is_drums]):
            leaving.setdefault(part_id, set()).add(note)
        cleaned = [_without(part, leaving.get(part.id, set()), reason) for part in cleaned]
    return tuple(moved(part, *cut_overlaps(part.notes)) for part in cleaned)


def moved(part: Part, notes: Iterable[Note], left_out: Iterable[Candidate]) -> Part:
    """Return the part with these notes, and with those left out among its candidates."""
    return replace(part, notes=tuple(notes), candidates=tuple(sorted([*part.candidates, *left_out])))


def _without(part: Part, leaving: set[Note], reason: str) -> Part:
    if not leaving:
        return part
    left_out = [Candidate(n, reason) for n in part.notes if n in leaving]
    return moved(part, [n for n in part.notes if n not in leaving], left_out)


def joined_doubles(notes: Iterable[Note]) -> tuple[list[Note], list[Candidate]]:
    """Join notes of one key that begin within :data:`DOUBLE_S`; the longest and loudest of each counts.

    Returns:
        The notes, and the later ones of each pair as candidates.
    """
    joined: list[Note] = []
    left_out: list[Candidate] = []
    last: dict[int, int] = {}
    for note in sorted(notes):
        at = last.get(note.pitch)
        if at is not None and note.onset_s - joined[at].onset_s < DOUBLE_S:
            joined[at] = _joined(joined[at], note)
            left_out.append(Candidate(note, "duplicate"))
        else:
            last[note.pitch] = len(joined)
            joined.append(note)
    return joined, left_out


def cut_overlaps(notes: Iterable[Note]) -> tuple[list[Note], list[Candidate]]:
    """End each note where its key is struck again, since MIDI would end both at the first offset.

    Returns:
        The notes, and as candidates those of which nothing would be left.
    """
    shortened: list[Note] = []
    left_out: list[Candidate] = []
    following: dict[int, float] = {}
    for note in sorted(notes, reverse=True):
        end = min(note.offset_s, following.get(note.pitch, note.offset_s))
        if end == note.offset_s or end - note.onset_s >= MIN_NOTE_S:
            shortened.append(replace(note, offset_s=end))
        else:
            left_out.append(Candidate(note, "duplicate"))
        following[note.pitch] = note.onset_s
    return shortened[::-1], left_out


def _joined(a: Note, b: Note) -> Note:
    return Note(
        a.onset_s,
        max(a.offset_s, b.offset_s),
        a.pitch,
        max(a.velocity, b.velocity),
        max(a.confidence, b.confidence),
    )
