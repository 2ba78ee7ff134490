"""The data that travels between stages: notes, parts, tempo. Times are seconds from the item's start."""

from __future__ import annotations

from bridge.music.notes import DRUM_CHANNEL, STEM_ROLES, Bend, Note, Part, Score, Transcription, later

__all__ = ["DRUM_CHANNEL", "STEM_ROLES", "Bend", "Note", "Part", "Score", "Transcription", "later"]
