"""The data that travels between stages.

Notes, parts, tempo. Times are seconds from the item's start.
"""

from __future__ import annotations

from bridge.music.general_midi import Instrument, instrument_of
from bridge.music.groove import Groove
from bridge.music.harmony import Chord, Key, Section
from bridge.music.notes import DRUM_CHANNEL, MIX, STEM_ROLES, Bend, Note, shifted
from bridge.music.parts import CANDIDATE_REASONS, Candidate, Part, Score, Transcription
from bridge.music.tempo import TempoMap, TempoPoint

__all__ = [
    "CANDIDATE_REASONS",
    "DRUM_CHANNEL",
    "MIX",
    "STEM_ROLES",
    "Bend",
    "Candidate",
    "Chord",
    "Groove",
    "Instrument",
    "Key",
    "Note",
    "Part",
    "Score",
    "Section",
    "TempoMap",
    "TempoPoint",
    "Transcription",
    "instrument_of",
    "shifted",
]
