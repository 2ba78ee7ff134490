"""Write and read results of protocol 1.

Parts, notes and files of each item as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.files import inside
from bridge.midi.part_events import BEND_RANGE, channels
from bridge.music.general_midi import Instrument
from bridge.music.groove import Groove
from bridge.music.harmony import Chord, Key, Section
from bridge.music.notes import Bend, Note
from bridge.music.parts import Candidate, Part, Score
from bridge.music.tempo import MAX_BPM, MIN_BPM, TempoMap, TempoPoint

MAX_RESULT_BYTES = 1 << 28
"""Bytes of a result.json; ten hours of dense notes are 50 MB, anything larger is not a result of ours."""
MAX_LENGTH_S = 1e5
"""Of an item: 28 hours, and ten are what anybody records; a score of years would be written for as long."""
NOTE_FIELDS = ("onset_s", "offset_s", "pitch", "velocity", "confidence")
CANDIDATE_FIELDS = (*NOTE_FIELDS, "reason")
OWN_FIELDS = (
    *("name", "length_s", "tempo", "key", "chords", "sections", "parts", "hidden_parts", "stems", "midi", "warnings"),
)
"""Fields of an item that are not its host's."""
BEND_FIELDS = ("time_s", "semitones")


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The outcome of one item."""

    name: str
    score: Score
    stems: tuple[tuple[str, Path], ...] = ()
    """(role, WAV) in the order of the parts."""
    midi: Path | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """The item's own extra fields, and one-shots and the like that a host added."""


def item_result_json(item: ItemResult, folder: Path) -> dict[str, Any]:
    """Return the JSON object of an item's result.

    Paths inside ``folder`` are written relative to it.
    """

    def relative(path: Path) -> str:
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)

    score = item.score
    points = [p.row() for p in score.tempo.points]
    return {
        **item.extra,
        "name": item.name,
        "length_s": score.length_s,
        "tempo": {"confident": score.tempo.confident, "points": points},
        "key": score.key,
        "keys": [{**asdict(k), "name": k.name} for k in score.keys],
        "chords": [asdict(c) for c in score.chords],
        "sections": [asdict(s) for s in score.sections],
        "groove": {**asdict(score.groove), "offsets": list(score.groove.offsets)},
        "parts": [_part_json(p, channel) for p, channel in zip(score.parts, channels(score), strict=True)],
        "hidden_parts": [_part_json(p, 0) for p in score.hidden],
        "stems": [{"role": role, "path": relative(path)} for role, path in item.stems],
        "midi": relative(item.midi) if item.midi else None,
        "warnings": list(score.warnings),
    }


def _part_json(part: Part, channel: int) -> dict[str, Any]:
    return {
        "id": part.id,
        "stem": part.stem,
        "role": part.role,
        "name": part.name,
        "instrument": asdict(part.instrument),
        "is_drums": part.is_drums,
        "channel": channel,
        "program": part.program,
        "bend_range": BEND_RANGE,
        "note_fields": list(NOTE_FIELDS),
        "notes": [_note_json(n) for n in part.notes],
        "bend_fields": list(BEND_FIELDS),
        "bends": [[round(b.time_s, 4), round(b.semitones, 3)] for b in part.bends],
        "candidate_fields": list(CANDIDATE_FIELDS),
        "candidates": [[*_note_json(c.note), c.reason] for c in part.candidates],
        "pieces": {str(key): piece for key, piece in part.pieces.items()},
    }


def _note_json(note: Note) -> list[float]:
    """Return the row of :data:`NOTE_FIELDS`, in tenths of a millisecond: finer than any DAW's tick, and readable."""
    onset_s = round(note.onset_s, 4)
    offset_s = max(round(note.offset_s, 4), round(onset_s + 1e-4, 4))
    return [onset_s, offset_s, note.pitch, note.velocity, round(note.confidence, 3)]


def item_from_json(data: Mapping[str, Any], folder: Path) -> ItemResult:
    """Return an item of a result.json in ``folder``.

    The inverse of :func:`item_result_json`.

    Raises:
        InputError: it is no item of a result.
    """
    score = item_score(data)
    try:
        midi = data.get("midi")
        return ItemResult(
            str(data["name"]),
            score,
            kept_stems(data, folder),
            None if midi is None else folder / str(midi),
            {key: value for key, value in data.items() if key not in OWN_FIELDS},
        )
    except (KeyError, TypeError) as e:
        raise InputError("This result is damaged; transcribe the item again.", code="result-damaged") from e


def kept_stems(item: Mapping[str, Any], folder: Path) -> tuple[tuple[str, Path], ...]:
    """Return (role, file) of an item's stems that lie in ``folder``.

    A result may come from a stranger: whatever else it names is handed on to no project, and a role is a plain word.
    """
    found: dict[str, Path] = {}
    for stem in item.get("stems") or ():
        role = stem.get("role") if isinstance(stem, Mapping) else None
        path = inside(folder, stem["path"]) if isinstance(role, str) and "path" in stem else None
        if path is not None and str(role).isidentifier():
            found.setdefault(str(role), path)
    return tuple(found.items())


def item_score(item: Mapping[str, Any]) -> Score:
    """Return the score of an item of a result.json; the inverse of :func:`item_result_json`.

    Results of earlier versions lack ids, instruments and candidates; these are made up as that version meant them.

    Raises:
        InputError: it is no item of a result.
    """
    try:
        tempo = item["tempo"]
        points = tuple(
            TempoPoint(float(p["time_s"]), float(p["bpm"]), p["beats_per_bar"], p.get("beat_unit", 4))
            for p in tempo["points"]
        )
        score = Score(
            tuple(_part(p) for p in item["parts"]),
            float(item["length_s"]),
            TempoMap(points, bool(tempo["confident"])),
            tuple(str(w) for w in item["warnings"]),
            tuple(_key(k) for k in item.get("keys", ())),
            tuple(Chord(**c) for c in item.get("chords", ())),
            tuple(Section(**s) for s in item.get("sections", ())),
            _groove(item.get("groove", {})),
            tuple(_part(p) for p in item.get("hidden_parts", ())),
        )
        _refuse_nonsense(score)
        return score
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise InputError("This result is damaged; transcribe the item again.", code="result-damaged") from e


def _refuse_nonsense(score: Score) -> None:
    """Refuse what no song has and the data's own types let through: a writer would fail midway, or run for hours.

    Raises:
        TypeError, ValueError: something is of another kind or size.
    """
    parts = (*score.parts, *score.hidden)
    spans: tuple[Key | Chord | Section, ...] = (*score.keys, *score.chords, *score.sections)
    sane = (
        0 < score.length_s <= MAX_LENGTH_S,
        all(MIN_BPM <= p.bpm <= MAX_BPM for p in score.tempo.points),
        all(p.beats_per_bar is None or isinstance(p.beats_per_bar, int) for p in score.tempo.points),
        all(n.offset_s <= MAX_LENGTH_S for part in parts for n in part.notes),
        all(0 <= b.time_s <= MAX_LENGTH_S and abs(b.semitones) <= 127 for part in parts for b in part.bends),
        all(abs(s.onset_s) <= MAX_LENGTH_S and abs(s.offset_s) <= MAX_LENGTH_S for s in spans),
        all(isinstance(c.symbol, str) for c in score.chords) and all(isinstance(s.name, str) for s in score.sections),
    )
    if not all(sane):
        raise ValueError("no song")


def _key(data: Mapping[str, Any]) -> Key:
    return Key(**{name: value for name, value in data.items() if name != "name"})


def _groove(data: Mapping[str, Any]) -> Groove:
    return Groove(**{**data, "offsets": tuple(float(o) for o in data["offsets"])}) if data else Groove()


def _part(data: Mapping[str, Any]) -> Part:
    role = str(data.get("role", "other"))
    # Name, program and kind stand beside the instrument for scripts of earlier versions, and corrections change them.
    family = str(data["instrument"]["family"]) if "instrument" in data else role
    return Part(
        str(data.get("id", role)),
        str(data.get("stem", role)),
        Instrument(str(data["name"]), int(data["program"]), family, bool(data["is_drums"])),
        tuple(_note(row) for row in data["notes"]),
        tuple(Bend(float(time_s), float(semitones)) for time_s, semitones, *_ in data["bends"]),
        tuple(Candidate(_note(row), str(row[len(NOTE_FIELDS)])) for row in data.get("candidates", ())),
        {int(key): str(piece) for key, piece in data.get("pieces", {}).items()},
    )


def _note(row: Sequence[Any]) -> Note:
    onset_s, offset_s, pitch, velocity, *more = row
    return Note(float(onset_s), float(offset_s), int(pitch), int(velocity), float(more[0]) if more else 1.0)
