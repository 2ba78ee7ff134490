"""Write results of protocol 1: parts, notes and files of each item as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.midi.part_events import BEND_RANGE, channels
from bridge.music.notes import Note, Part, Score

LARGEST_RESULT = 1 << 28
"""Bytes of a result.json; ten hours of dense notes are 50 MB, anything larger is not a result of ours."""
NOTE_FIELDS = ("onset_s", "offset_s", "pitch", "velocity")
BEND_FIELDS = ("time_s", "semitones")


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item."""

    name: str
    score: Score
    stems: tuple[tuple[str, Path], ...] = ()
    """(role, WAV) in the order of the parts."""
    midi: Path | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """The item's own extra fields, and one-shots and the like that a host added."""


def item_result_json(item: ItemResult, folder: Path) -> dict[str, Any]:
    """The JSON object of an item's result; paths inside ``folder`` are written relative to it."""

    def relative(path: Path) -> str:
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)

    tempo = item.score.tempo
    points = [{"time_s": p.time_s, "bpm": p.bpm, "beats_per_bar": p.beats_per_bar} for p in tempo.points]
    return {
        **item.extra,
        "name": item.name,
        "length_s": item.score.length_s,
        "tempo": {"confident": tempo.confident, "points": points},
        "parts": [_part_json(p, channel) for p, channel in zip(item.score.parts, channels(item.score), strict=True)],
        "stems": [{"role": role, "path": relative(path)} for role, path in item.stems],
        "midi": relative(item.midi) if item.midi else None,
        "warnings": list(item.score.warnings),
    }


def _part_json(part: Part, channel: int) -> dict[str, Any]:
    return {
        "role": part.role,
        "name": part.name,
        "is_drums": part.is_drums,
        "channel": channel,
        "program": part.program,
        "bend_range": BEND_RANGE,
        "note_fields": list(NOTE_FIELDS),
        "notes": [_note_json(n) for n in part.notes],
        "bend_fields": list(BEND_FIELDS),
        "bends": [[round(b.time_s, 4), round(b.semitones, 3)] for b in part.bends],
    }


def _note_json(note: Note) -> list[float]:
    """The row of :data:`NOTE_FIELDS`, in tenths of a millisecond: finer than any DAW's tick, and readable."""
    onset_s = round(note.onset_s, 4)
    return [onset_s, max(round(note.offset_s, 4), round(onset_s + 1e-4, 4)), note.pitch, note.velocity]
