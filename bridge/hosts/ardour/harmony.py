"""Chords as a track of named regions, and sections as ranges: what Ardour has instead of a chord track.

Ardour's Lua can make markers only as undo steps of their own, or outside of all undo steps. Regions go with the other
tracks into one undo step, carry their names in full and may be moved; so chords are regions, whose notes are the
chord's. Sections, of which there are few, are ranges on the ruler. Each chord that the song knows is one held chord in
the .mid, and every region of that name is its beginning: a region that begins inside of its file is drawn and played
too early by Ardour 7.3 where the tempo changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.hosts.ardour.session_position import PPQN, SessionPosition
from bridge.hosts.ardour.smf import Voice
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


def chord_voices(score: Score, place: SessionPosition) -> list[tuple[Voice, list[dict[str, Any]]]]:
    """Return each chord of the song, held as long as it is ever heard, with the regions that it becomes."""
    spans: dict[str, list[Chord]] = {}
    for chord in score.chords:
        if chord.root is not None and chord.quality in QUALITIES:
            spans.setdefault(chord.symbol, []).append(chord)
    voices: list[tuple[Voice, list[dict[str, Any]]]] = []
    for symbol, chords in spans.items():
        regions = [span for chord in chords if (span := _span(place, chord.onset_s, chord.offset_s))["length"] > 0]
        ticks = max(place.tick(chord.offset_s) - place.tick(chord.onset_s) for chord in chords) + PPQN
        if regions:
            name = {"name": symbol.replace("/", SLASH)}
            voices.append((_held(chords[0], place, ticks), [name | span for span in regions]))
    return voices


def _held(chord: Chord, place: SessionPosition, ticks: int) -> Voice:
    notes = tuple(Note(0.0, ticks / PPQN, pitch, VELOCITY) for pitch in _pitches(chord))
    part = Part(CHORDS, "mix", Instrument(NAME, 0, "other", is_drums=False), notes)
    # A second of this place is a quarter note, whatever the tempo where its regions stand.
    straight = SessionPosition(0, ticks, PPQN, place.track_id, place.track_name, ((0.0, 0), (float(ticks), ticks)))
    return Voice(part, 0, straight, is_silent=True)


def _pitches(chord: Chord) -> Iterator[int]:
    root = chord.root or 0
    yield BASS + (root if chord.bass is None else chord.bass)
    for step in QUALITIES[chord.quality][0]:
        yield ROOT + root + step


def section_ranges(score: Score, place: SessionPosition) -> list[dict[str, Any]]:
    """Return the sections as ranges of the session."""
    spans = ((section, _span(place, section.onset_s, section.offset_s)) for section in score.sections)
    return [{"name": section.name} | span for section, span in spans if span["length"] > 0]


def _span(place: SessionPosition, onset_s: float, offset_s: float) -> dict[str, Any]:
    first, last = (min(place.length, max(0, round(time * place.rate))) for time in (onset_s, offset_s))
    return {"position": place.position + first, "length": last - first}
