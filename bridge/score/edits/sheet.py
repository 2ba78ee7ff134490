"""An item's result as a person edits it.

Parts whose notes and candidates have ids that never change.

The ids of what was heard follow from its place in revision 1 ("0.12": part 0, note 12; "0c3": its candidate 3), so that
nothing has to be stored for them. Notes that a person adds bring an id of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.errors import InputError
from bridge.music.notes import Bend, Note
from bridge.music.parts import CANDIDATE_REASONS
from bridge.music.tempo import TempoPoint

NOTE_FIELDS = ("onset_s", "offset_s", "pitch", "velocity", "confidence")
MAX_PARTS = 64
"""Parts of an item; an orchestra has thirty."""
MAX_NAME = 120
"""Characters of a part's name."""
ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
"""An id of a note."""
PART_ID = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,80}")
"""An id of a part, such as "other/strings"."""


@dataclass(frozen=True, slots=True)
class Ghost:
    """A candidate: a note that is shown but not played."""

    note: Note
    reason: str


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One part, with the fields of its JSON that no edit touches in ``extra``."""

    id: str
    name: str
    program: int = 0
    is_drums: bool = False
    notes: Mapping[str, Note] = field(default_factory=dict)
    ghosts: Mapping[str, Ghost] = field(default_factory=dict)
    bends: tuple[Bend, ...] = ()
    hidden: bool = False
    """Return whether it was heard with candidates alone: it gets no track until it has a note."""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All parts of an item and its tempo."""

    length_s: float
    parts: tuple[SheetPart, ...] = ()
    tempo: tuple[TempoPoint, ...] = (TempoPoint(0.0, 120.0, 4),)
    confident: bool = False
    """Return whether the tempo was heard or given, not assumed."""

    def part(self, part_id: str) -> SheetPart:
        """Return a part by its id.

        Raises:
            InputError: there is none.
        """
        for part in self.parts:
            if part.id == part_id:
                return part
        raise InputError("This part is no longer there; load the page again.", code="part-not-found")

    def with_part(self, changed: SheetPart) -> Sheet:
        """Return the sheet with one part replaced."""
        return replace(self, parts=tuple(changed if p.id == changed.id else p for p in self.parts))


def sheet_of(item: Mapping[str, Any]) -> Sheet:
    """Return the sheet of an item of result.json, revision 1.

    Raises:
        InputError: the result is damaged.
    """
    try:
        shown, hidden = item["parts"], item.get("hidden_parts") or []
        parts = [_part(data, number, number >= len(shown)) for number, data in enumerate([*shown, *hidden])]
        parts = [replace(p, id=_unique(p.id, [q.id for q in parts[:i]])) for i, p in enumerate(parts)]
        tempo = item.get("tempo") or {}
        points = tuple(tempo_point(p) for p in tempo.get("points") or [])
        sheet = Sheet(float(item["length_s"]), tuple(parts), confident=bool(tempo.get("confident", False)))
        return replace(sheet, tempo=points) if points else sheet
    except (LookupError, TypeError, ValueError, AttributeError) as e:
        raise InputError("The result of this job is damaged; transcribe the item again.", code="result-damaged") from e


def _part(data: Mapping[str, Any], number: int, hidden: bool) -> SheetPart:
    fields = data.get("note_fields") or NOTE_FIELDS[:4]
    rows = [note_of(fields, row) for row in data["notes"]]
    ghosts = [Ghost(note_of(fields, row), _reason(row)) for row in data.get("candidates") or []]
    known = ("id", "name", "program", "is_drums", "notes", "candidates", "bends")
    return SheetPart(
        id=str(data.get("id") or data["role"]),
        name=str(data["name"]),
        program=int(data.get("program", 0)),
        is_drums=bool(data.get("is_drums", False)),
        notes={f"{number}.{i}": note for i, note in enumerate(rows)},
        ghosts={f"{number}c{i}": ghost for i, ghost in enumerate(ghosts)},
        bends=tuple(Bend(float(t), float(s)) for t, s in data.get("bends") or []),
        hidden=hidden,
        extra={k: v for k, v in data.items() if k not in known},
    )


def note_of(fields: Sequence[str], row: Sequence[Any]) -> Note:
    """Return the note of a row of a result; longer rows of later versions are cut."""
    values = dict(zip(fields, row, strict=False))
    onset_s, offset_s, pitch, velocity = (values[name] for name in NOTE_FIELDS[:4])
    confidence = values.get("confidence", 1.0)
    return Note(float(onset_s), float(offset_s), int(pitch), int(velocity), min(1.0, max(0.0, float(confidence))))


def _reason(row: Sequence[Any]) -> str:
    reason = row[-1]
    return reason if reason in CANDIDATE_REASONS else CANDIDATE_REASONS[0]


def tempo_point(data: Mapping[str, Any]) -> TempoPoint:
    """Return a point of the tempo map from its JSON; ValueError where it is none."""
    beats = data.get("beats_per_bar")
    unit = int(data.get("beat_unit", 4))
    return TempoPoint(float(data["time_s"]), float(data["bpm"]), None if beats is None else int(beats), unit)


def _unique(name: str, taken: Sequence[str]) -> str:
    """Return a part's id, made different from those before it (results of old versions know only roles)."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def item_of(sheet: Sheet, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item of result.json with the sheet's parts and tempo; every other field stays as it is."""
    points = [p.row() for p in sheet.tempo]
    return {
        **item,
        "tempo": {**(item.get("tempo") or {}), "confident": sheet.confident, "points": points},
        "parts": [_part_json(p) for p in sheet.parts if p.notes or not p.hidden],
        "hidden_parts": [_part_json(p) for p in sheet.parts if p.hidden and not p.notes],
    }


def _part_json(part: SheetPart) -> dict[str, Any]:
    return {
        **part.extra,
        "id": part.id,
        "name": part.name,
        "instrument": {**_instrument(part), "name": part.name, "program": part.program, "is_drums": part.is_drums},
        "is_drums": part.is_drums,
        "program": part.program,
        "note_fields": list(NOTE_FIELDS),
        "notes": [note_row(n) for n in sorted(part.notes.values())],
        "candidates": [
            [*note_row(g.note), g.reason] for g in sorted(part.ghosts.values(), key=lambda g: (g.note, g.reason))
        ],
        "bends": [[round(b.time_s, 4), round(b.semitones, 3)] for b in part.bends],
    }


def _instrument(part: SheetPart) -> dict[str, Any]:
    """Return what the result says of a part's instrument, made up for results of old versions."""
    instrument = part.extra.get("instrument")
    return dict(instrument) if isinstance(instrument, Mapping) else {"family": str(part.extra.get("role") or "other")}


def note_row(note: Note) -> list[float]:
    """Return a note as the row of :data:`NOTE_FIELDS`."""
    onset_s = round(note.onset_s, 4)
    offset_s = max(round(note.offset_s, 4), round(onset_s + 1e-4, 4))
    return [onset_s, offset_s, note.pitch, note.velocity, round(note.confidence, 3)]
