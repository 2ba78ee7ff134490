"""Transcriptions become parts: one named track per role, with the sound it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bridge.music import STEM_ROLES, Note, Part, Score, Transcription
from bridge.score.general_midi import VOICES, Voice
from bridge.tempo import TempoMap

SHORTEST_NOTE_S = 0.01
"""What is left of a note cut at the item's end must be at least this long, or it is no note."""


def build_score(
    transcriptions: Mapping[str, Transcription],
    tempo: TempoMap,
    length_s: float,
    warnings: Iterable[str] = (),
) -> Score:
    """A score with one part per role that has notes, in the order of :data:`bridge.music.STEM_ROLES`.

    Notes are sorted and end where the item ends. Roles in which nothing was heard get no track but a warning.

    Args:
        transcriptions: role to what was heard in its stem.
        tempo: the item's tempo map.
        length_s: the item's length in seconds.
        warnings: sentences for the user that come first, such as the beat tracker's.
    """
    notes_on = list(warnings)
    parts = []
    for role in sorted(transcriptions, key=_rank):
        heard = transcriptions[role]
        notes_on += heard.warnings
        part = _part(role, heard, length_s)
        if part.notes:
            parts.append(part)
        else:
            notes_on.append(f"No notes were heard in the {role} stem, so there is no {part.name} track.")
    # The same sentence from two stems is said once.
    return Score(tuple(parts), length_s, tempo, tuple(dict.fromkeys(notes_on)))


def voice_of(role: str) -> Voice:
    """The voice of a role; a role without a row is shown under its own name and played by a piano."""
    return VOICES.get(role) or Voice(
        role.replace("_", " ").strip().title() or "Part", VOICES["other"].program
    )


def _part(role: str, heard: Transcription, length_s: float) -> Part:
    voice = voice_of(role)
    notes = [cut for n in sorted(heard.notes) if (cut := _within(n, length_s)) is not None]
    bends = sorted(b for b in heard.bends if b.time_s < length_s) if notes else []
    return Part(role, voice.name, tuple(notes), tuple(bends), voice.program, voice.is_drums)


def _within(note: Note, length_s: float) -> Note | None:
    if note.offset_s <= length_s:
        return note
    return replace(note, offset_s=length_s) if length_s - note.onset_s >= SHORTEST_NOTE_S else None


def _rank(role: str) -> tuple[int, str]:
    return (STEM_ROLES.index(role) if role in STEM_ROLES else len(STEM_ROLES), role)
