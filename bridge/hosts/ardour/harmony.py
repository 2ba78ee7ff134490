"""Chords as a track of named regions, and sections as ranges: what Ardour has instead of a chord track.

Ardour's Lua can make markers only as undo steps of their own, or outside of all undo steps. Regions go with the other
tracks into one undo step, carry their names in full and may be moved; so chords are regions, whose notes are the
chord's. Sections, of which there are few, are ranges on the ruler.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.hosts.ardour.session_position import SessionPosition
from bridge.music.general_midi import Instrument
from bridge.music.harmony import QUALITIES, Chord
from bridge.music.notes import Note
from bridge.music.parts import Part, Score

CHORDS = "chords"
"""Id of the chord track's part; no part that was heard has it."""
NAME = "Chords"
COLOUR = 0x8C8C64FF
"""Apart from the colours of all roles."""
BASS, ROOT = 36, 48
"""Lowest C for the bass note, and for the root of the chord above it: where a piano's two hands would lie."""
VELOCITY = 72
"""Softer than what was played: whoever gives the track an instrument hears it beneath the others."""
SLASH = "\N{DIVISION SLASH}"
"""Ardour takes no "/" into a region's name."""


def chord_part(score: Score) -> Part | None:
    """Return the chords as notes, or None where there are none."""
    notes = tuple(note for chord in score.chords for note in _notes(chord))
    instrument = Instrument(NAME, 0, "other", is_drums=False)
    return Part(CHORDS, "mix", instrument, tuple(sorted(notes))) if notes else None


def _notes(chord: Chord) -> Iterator[Note]:
    if chord.root is None or chord.quality not in QUALITIES:
        return
    bass = chord.root if chord.bass is None else chord.bass
    for pitch in (BASS + bass, *(ROOT + chord.root + step for step in QUALITIES[chord.quality][0])):
        yield Note(chord.onset_s, chord.offset_s, pitch, VELOCITY)


def chord_regions(score: Score, place: SessionPosition, smf_track: int) -> list[dict[str, Any]]:
    """Return a region per chord; each is a piece of the one that the file's track becomes."""
    whole = {"smf_track": smf_track, "whole_position": place.position, "whole_length": place.length}
    spans = ((chord, _span(place, chord.onset_s, chord.offset_s)) for chord in score.chords if chord.root is not None)
    return [whole | span | {"name": chord.symbol.replace("/", SLASH)} for chord, span in spans if span["length"] > 0]


def section_ranges(score: Score, place: SessionPosition) -> list[dict[str, Any]]:
    """Return the sections as ranges of the session."""
    spans = ((section, _span(place, section.onset_s, section.offset_s)) for section in score.sections)
    return [{"name": section.name} | span for section, span in spans if span["length"] > 0]


def _span(place: SessionPosition, onset_s: float, offset_s: float) -> dict[str, int]:
    first, last = (min(place.length, max(0, round(time * place.rate))) for time in (onset_s, offset_s))
    return {"position": place.position + first, "length": last - first}
