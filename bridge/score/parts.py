"""Transcriptions become parts: one named track per role, with the sound it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.music.general_midi import VOICES, Voice
from bridge.music.notes import STEM_ROLES, Note, Part, Transcription

SHORTEST_NOTE_S = 0.01
"""A note that the item's end or its follower cuts off must last at least this long, or it is no note."""


def build_parts(heard: Mapping[str, Transcription], length_s: float) -> tuple[Part, ...]:
    """One part per role that has notes, in the order of :data:`bridge.music.notes.STEM_ROLES`, then by name.

    Notes are sorted and end where the item ends. A role without notes gets no part, as an empty track
    is only in the way.

    Args:
        heard: role to what was heard in its stem.
        length_s: the item's length in seconds.
    """
    parts = (_part(role, heard[role], length_s) for role in sorted(heard, key=_rank))
    return tuple(p for p in parts if p.notes)


def voice_of(role: str) -> Voice:
    """The voice of a role; a role without a row is shown under its own name and played by a piano."""
    name = role.replace("_", " ").strip().title() or "Part"
    return VOICES.get(role, Voice(name, VOICES["other"].program))


def _part(role: str, heard: Transcription, length_s: float) -> Part:
    voice = voice_of(role)
    notes = [cut for n in sorted(heard.notes) if (cut := _within(n, length_s)) is not None]
    bends = sorted(b for b in heard.bends if b.time_s < length_s)
    return Part(role, voice.name, tuple(notes), tuple(bends), voice.program, voice.is_drums)


def _within(note: Note, length_s: float) -> Note | None:
    if note.offset_s <= length_s:
        return note
    return replace(note, offset_s=length_s) if length_s - note.onset_s >= SHORTEST_NOTE_S else None


def _rank(role: str) -> tuple[int, str]:
    return (STEM_ROLES.index(role) if role in STEM_ROLES else len(STEM_ROLES), role)
