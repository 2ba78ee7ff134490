"""Describe the song.

Key, chords, sections and groove, from the parts and their tempo map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from bridge.music.groove import Groove
from bridge.music.harmony import Chord, Key, Section, spelled_chord
from bridge.music.parts import Part, Score
from bridge.music.tempo import TempoMap
from bridge.score.groove import measure_groove
from bridge.score.harmony.chords import find_chords
from bridge.score.harmony.evidence import Array, note_array
from bridge.score.harmony.keys import find_keys
from bridge.score.notation.bars import bars_of, beats_of
from bridge.score.sections import find_sections

Span = TypeVar("Span", Chord, Key, Section)


def with_song(score: Score) -> Score:
    """The score with key, chords, sections and groove."""
    tempo, length_s = score.tempo, score.length_s
    pitched = _notes([p for p in score.parts if not p.is_drums])
    drums = _notes([p for p in score.parts if p.is_drums])
    bars = bars_of(tempo, length_s)
    counted, starts = beats_of(bars)
    beats = np.array([tempo.to_s(q) for q in counted])
    chords = find_chords(pitched, beats, starts if tempo.confident else [])
    keys = find_keys(pitched, beats, chords)
    lines = beats[[*starts, len(beats) - 1]]
    sections = find_sections(pitched, drums, lines) if tempo.confident else []
    return replace(
        score,
        keys=tuple(_until(length_s, keys)),
        chords=tuple(_until(length_s, [spelled_chord(c, flats=_flats(c, keys)) for c in chords])),
        sections=tuple(_until(length_s, sections)),
        groove=groove_of(score.parts, tempo),
    )


def groove_of(parts: Sequence[Part], tempo: TempoMap) -> Groove:
    """The groove of the drums, or of all parts where there are none."""
    drums = [n.onset_s for p in parts if p.is_drums for n in p.notes]
    return measure_groove(drums or [n.onset_s for p in parts for n in p.notes], tempo)


def _notes(parts: Sequence[Part]) -> Array:
    return note_array((n.onset_s, n.offset_s, n.pitch, n.velocity / 127.0) for p in parts for n in p.notes)


def _flats(chord: Chord, keys: Sequence[Key]) -> bool:
    """Return whether the key at a chord is written with flats."""
    return next((k.flats for k in keys if k.onset_s <= chord.onset_s < k.offset_s), False)


def _until(length_s: float, spans: Sequence[Span]) -> list[Span]:
    """The spans as far as the item reaches."""
    return [replace(s, offset_s=min(s.offset_s, length_s)) for s in spans if s.onset_s < length_s]
