"""The operations an edit is made of, few and simple, so that the page and the daemon cannot come to differ.

Whatever a person does (drag, split, join, quantise, hear again) becomes notes that are put, dropped or shelved, parts
that change, and a new tempo. ``apply`` is pure; ``parse_edit`` takes what a hostile page may send.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.errors import InputError
from bridge.music.notes import Bend, Note
from bridge.music.parts import CANDIDATE_REASONS
from bridge.music.tempo import MAX_BPM, MIN_BPM, TempoMap, TempoPoint
from bridge.score.edits.sheet import (
    ID,
    MAX_NAME,
    MAX_PARTS,
    NOTE_FIELDS,
    PART_ID,
    Ghost,
    Sheet,
    SheetPart,
    note_of,
    tempo_point,
)

MAX_OPERATIONS = 500
"""Of one edit."""
MAX_ROWS = 100_000
"""Notes, candidates or bends in one operation; a dense hour has 60,000."""
MAX_TIME_S = 1e6
"""Seconds; eleven days."""
MAX_TEMPO_POINTS = 20_000
"""One a beat for two hours at 160 BPM."""
MAX_NOTES = 400_000
"""Notes and candidates of a part, whatever is added."""


@dataclass(frozen=True, slots=True)
class PutNotes:
    """Put notes under their ids, drop others, and shelve some as candidates that can be taken back."""

    part: str
    put: Mapping[str, Note]
    drop: tuple[str, ...] = ()
    shelve: tuple[str, ...] = ()

    def on(self, sheet: Sheet) -> Sheet:
        """Apply it."""
        part = sheet.part(self.part)
        notes, ghosts = dict(part.notes), dict(part.ghosts)
        for note_id in self.shelve:
            note = notes.pop(note_id, None)
            if note is not None:
                ghosts[note_id] = Ghost(note, "removed")
        for note_id in (*self.drop, *self.put):
            notes.pop(note_id, None)
            ghosts.pop(note_id, None)
        notes.update(self.put)
        if len(notes) + len(ghosts) > MAX_NOTES:
            raise InputError(
                "This part would hold too many notes; split it into several parts.", code="part-too-many-notes"
            )
        return sheet.with_part(replace(part, notes=notes, ghosts=ghosts))


@dataclass(frozen=True, slots=True)
class PutGhosts:
    """Put candidates under their ids.

    A note of the same id is one no longer.
    """

    part: str
    put: Mapping[str, Ghost]

    def on(self, sheet: Sheet) -> Sheet:
        """Apply it."""
        part = sheet.part(self.part)
        notes = {i: n for i, n in part.notes.items() if i not in self.put}
        return sheet.with_part(replace(part, notes=notes, ghosts={**part.ghosts, **self.put}))


@dataclass(frozen=True, slots=True)
class SetBends:
    """Replace the bends of a span of time."""

    part: str
    from_s: float
    to_s: float
    bends: tuple[Bend, ...]

    def on(self, sheet: Sheet) -> Sheet:
        """Apply it."""
        part = sheet.part(self.part)
        kept = [b for b in part.bends if not self.from_s <= b.time_s < self.to_s]
        return sheet.with_part(replace(part, bends=tuple(sorted([*kept, *self.bends]))))


@dataclass(frozen=True, slots=True)
class ChangePart:
    """Rename a part or give it another instrument."""

    part: str
    changes: Mapping[str, Any]

    def on(self, sheet: Sheet) -> Sheet:
        """Apply it."""
        part = sheet.part(self.part)
        changes = dict(self.changes)
        if "family" in changes:
            changes["extra"] = _with_family(part.extra, changes.pop("family"))
        return sheet.with_part(replace(part, **changes))


def _with_family(extra: Mapping[str, Any], family: str) -> dict[str, Any]:
    """Return a part's other fields with the family of its instrument."""
    instrument = extra.get("instrument")
    return {**extra, "instrument": {**(instrument if isinstance(instrument, Mapping) else {}), "family": family}}


@dataclass(frozen=True, slots=True)
class AddPart:
    """Add an empty part after another one, with that one's stem."""

    part: str
    like: str
    name: str
    program: int
    is_drums: bool

    def on(self, sheet: Sheet) -> Sheet:
        """Apply it."""
        if any(p.id == self.part for p in sheet.parts):
            raise InputError("There is a part of this name already; load the page again.", code="part-name-taken")
        if len(sheet.parts) >= MAX_PARTS:
            raise InputError(f"An item holds at most {MAX_PARTS} parts; join two first.", code="item-too-many-parts")
        like = sheet.part(self.like)
        new = SheetPart(self.part, self.name, self.program, self.is_drums, hidden=like.hidden, extra=like.extra)
        at = sheet.parts.index(like) + 1
        return replace(sheet, parts=(*sheet.parts[:at], new, *sheet.parts[at:]))


@dataclass(frozen=True, slots=True)
class RemovePart:
    """Remove a part with all that is in it."""

    part: str

    def on(self, sheet: Sheet) -> Sheet:
        """Apply it."""
        gone = sheet.part(self.part)
        return replace(sheet, parts=tuple(p for p in sheet.parts if p is not gone))


@dataclass(frozen=True, slots=True)
class SetTempo:
    """Replace the tempo map.

    Notes stay where they sound.
    """

    points: tuple[TempoPoint, ...]

    def on(self, sheet: Sheet) -> Sheet:
        """Apply it."""
        return replace(sheet, tempo=self.points, confident=True)


Operation = PutNotes | PutGhosts | SetBends | ChangePart | AddPart | RemovePart | SetTempo


@dataclass(frozen=True, slots=True)
class Edit:
    """The operations that one undo takes back."""

    label: str
    item: int
    operations: tuple[Operation, ...]


def apply(edits: Iterable[Edit], sheet: Sheet, item: int = 0) -> Sheet:
    """Return the sheet of an item after the edits, in order.

    Raises:
        InputError: an edit does not fit what is there.
    """
    for edit in edits:
        if edit.item == item:
            for operation in edit.operations:
                sheet = operation.on(sheet)
    return sheet


def parse_edit(data: object) -> Edit:
    """Return the edit in JSON of hostile origin.

    Raises:
        InputError: it is none.
    """
    try:
        if not isinstance(data, Mapping):
            raise ValueError("edit")
        operations = _list(data.get("ops"), MAX_OPERATIONS)
        if not operations:
            raise ValueError("ops")
        parsed = tuple(_PARSERS[op["op"]](op) for op in operations)
        return Edit(_text(data.get("label")), _integer(data.get("item"), 0, 999), parsed)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as e:
        raise InputError("This edit cannot be understood; load the page again.", code="edit-invalid") from e


def _list(value: object, longest: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > longest:
        raise ValueError("list")
    return value


def _integer(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError("integer")
    return value


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ValueError("number")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise ValueError("text")
    return value


def _part_id(value: object) -> str:
    if not isinstance(value, str) or not PART_ID.fullmatch(value):
        raise ValueError("part")
    return value


def _id(value: object) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise ValueError("id")
    return value


def _ids(value: object) -> tuple[str, ...]:
    return tuple(_id(v) for v in _list(value or [], MAX_ROWS))


def _note(row: list[Any]) -> Note:
    onset_s, offset_s = (_number(v, 0.0, MAX_TIME_S) for v in row[:2])
    pitch, velocity = _integer(row[2], 0, 127), _integer(row[3], 1, 127)
    return note_of(NOTE_FIELDS, [onset_s, offset_s, pitch, velocity, _number(row[4], 0.0, 1.0)])


def _put_notes(op: Mapping[str, Any]) -> PutNotes:
    rows = _list(op.get("put") or [], MAX_ROWS)
    put = {_id(row[0]): _note(row[1:6]) for row in rows}
    return PutNotes(_part_id(op["part"]), put, _ids(op.get("drop")), _ids(op.get("shelve")))


def _put_ghosts(op: Mapping[str, Any]) -> PutGhosts:
    rows = _list(op["put"], MAX_ROWS)
    if any(row[6] not in CANDIDATE_REASONS for row in rows):
        raise ValueError("reason")
    return PutGhosts(_part_id(op["part"]), {_id(row[0]): Ghost(_note(row[1:6]), row[6]) for row in rows})


def _set_bends(op: Mapping[str, Any]) -> SetBends:
    bends = [
        Bend(_number(time_s, 0.0, MAX_TIME_S), _number(semitones, -48.0, 48.0))
        for time_s, semitones in _list(op["bends"], MAX_ROWS)
    ]
    from_s, to_s = (_number(op[name], 0.0, MAX_TIME_S) for name in ("from_s", "to_s"))
    return SetBends(_part_id(op["part"]), from_s, to_s, tuple(bends))


def _change_part(op: Mapping[str, Any]) -> ChangePart:
    changes: dict[str, Any] = {}
    for name in op:
        if name in ("name", "family"):
            changes[name] = _text(op[name])
        elif name == "program":
            changes[name] = _integer(op[name], 0, 127)
        elif name not in ("op", "part"):
            raise ValueError(name)
    return ChangePart(_part_id(op["part"]), changes)


def _add_part(op: Mapping[str, Any]) -> AddPart:
    is_drums = op["is_drums"]
    if not isinstance(is_drums, bool):
        raise TypeError
    name, program = _text(op["name"]), _integer(op["program"], 0, 127)
    return AddPart(_part_id(op["part"]), _part_id(op["like"]), name, program, is_drums)


def _set_tempo(op: Mapping[str, Any]) -> SetTempo:
    points = tuple(tempo_point(p) for p in _list(op["points"], MAX_TEMPO_POINTS))
    if not all(MIN_BPM <= p.bpm <= MAX_BPM and math.isfinite(p.time_s) for p in points):
        raise ValueError("tempo")
    return SetTempo(TempoMap(points).points)


_PARSERS: Mapping[str, Callable[[Mapping[str, Any]], Operation]] = {
    "notes": _put_notes,
    "ghosts": _put_ghosts,
    "bends": _set_bends,
    "part": _change_part,
    "add_part": _add_part,
    "remove_part": lambda op: RemovePart(_part_id(op["part"])),
    "tempo": _set_tempo,
}
