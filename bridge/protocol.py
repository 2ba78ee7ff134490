"""Protocol 1: the JSON that DAW scripts and the daemon exchange through the spool folder.

Examples under tests/data/protocol/ pin both sides. Spool files are hostile until parsed here: every field
is checked, unknown fields are kept in ``extra``, unknown protocol numbers refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.music import DRUM_CHANNEL, Note, Part, Score

PROTOCOL = 1
ID_PATTERN = re.compile(r"[a-z0-9-]{8,64}")
"""What a request's id may look like: it becomes a folder's name, so no dot and no slash."""
LARGEST_FILE = 4 << 20
"""Bytes; a request of 1,000 items is 0.5 MB, anything larger is not a request."""
LARGEST_RESULT = 1 << 28
"""Bytes of a result.json; ten hours of dense notes are 50 MB, anything larger is not a result of ours."""
LARGEST_NUMBER = 1e9
"""Seconds or gain beyond this are a mistake (30 years)."""
MOST_ITEMS = 1000
"""Items in one request."""
LONGEST_NAME = 512
"""Characters of an item's name that are kept."""
BEND_RANGE = 12
"""Semitones that a full pitch bend means in what we write; twelve hold every slide within an octave."""
NOTE_FIELDS = ("onset_s", "offset_s", "pitch", "velocity")
BEND_FIELDS = ("time_s", "semitones")
OPTIONS = (
    *("stems", "separator", "role", "transcribers", "device", "quantise", "quantise_strength"),
    *("find_tempo", "keep_stems", "drum_map"),
)
"""What a request may choose."""
FLAGS = ("find_tempo", "keep_stems")
"""The options among them that are on or off."""
STATES = ("queued", "running", "done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """The audio of one item: a span of a file, or of one file per channel."""

    path: Path
    start_s: float = 0.0
    length_s: float | None = None
    """None: to the end of the file."""
    gain: float = 1.0
    channels: tuple[tuple[Path, int], ...] = ()
    """(file, channel in it) per channel, for DAWs that keep stereo as two mono files."""


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """One selected item."""

    audio: AudioSpan
    name: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the host needs again at the insertion (position, track, tempo table ...), kept as it came."""


@dataclass(frozen=True, slots=True)
class Request:
    """A "transcribe" command. Several items come back as one insertion."""

    id: str
    host: str
    items: tuple[ItemRequest, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


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


def parse_json(text: str | bytes, what: str) -> dict[str, Any]:
    """A JSON object of hostile origin.

    Raises:
        InputError: not JSON, not an object, nested too deep.
    """
    try:
        data = json.loads(text, parse_constant=_no_constant)
        # What cannot be written again (1e999, half a surrogate pair) would break a job later; it ends here.
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as e:
        raise InputError(f"The {what} is not valid JSON; update dawscribe's DAW scripts and try again.") from e
    if not isinstance(data, dict):
        raise InputError(f"The {what} is not a JSON object; update dawscribe's DAW scripts and try again.")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(name)


def parse_request(data: Mapping[str, Any]) -> Request:
    """A checked request.

    Raises:
        InputError: with the field that is wrong.
    """
    if data.get("protocol") != PROTOCOL or isinstance(data.get("protocol"), bool):
        message = (
            f"This request speaks protocol {str(data.get('protocol'))[:20]!r} but dawscribe speaks {PROTOCOL}; "
            "run 'dawscribe setup' again so that both are of the same version."
        )
        raise InputError(message)
    items = data.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        raise InputError(f"A request needs 1 to {MOST_ITEMS} items; select audio items and try again.")
    known = {"protocol", "id", "host", "items", "options"}
    return Request(
        id=check_id(data.get("id")),
        host=_text(data, "host", longest=64),
        items=tuple(_item(i) for i in items),
        options=_mapping(data, "options"),
        extra={k: v for k, v in data.items() if k not in known},
    )


def check_id(value: object) -> str:
    """``value`` where it can be a job's id.

    Raises:
        InputError: it cannot.
    """
    if not isinstance(value, str) or not ID_PATTERN.fullmatch(value):
        raise InputError("A job id is 8 to 64 small letters, digits and hyphens; update dawscribe's DAW scripts.")
    return value


def _item(data: object) -> ItemRequest:
    if not isinstance(data, Mapping):
        raise InputError("An item of the request is not a JSON object; update dawscribe's DAW scripts.")
    audio = _mapping(data, "audio")
    channels = audio.get("channels") or []
    if not isinstance(channels, list) or len(channels) > 64:
        raise _wrong("channels")
    pairs = []
    for c in channels:
        number = c.get("channel", 0) if isinstance(c, Mapping) else None
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 1024:
            raise _wrong("channels")
        pairs.append((_path(c), number))
    span = AudioSpan(
        path=_path(audio),
        start_s=_number(audio, "start_s", 0.0, least=0.0),
        length_s=None if audio.get("length_s") is None else _number(audio, "length_s", 0.0, least=0.0),
        gain=_number(audio, "gain", 1.0, least=-LARGEST_NUMBER),
        channels=tuple(pairs),
    )
    # A take without a name, or with a page of text for one, is no reason to refuse it.
    name = data.get("name") or span.path.stem or "item"
    if not isinstance(name, str):
        raise _wrong("name")
    name = one_line(name[:LONGEST_NAME])
    return ItemRequest(span, name, {k: v for k, v in data.items() if k not in ("audio", "name")})


def one_line(text: str) -> str:
    """``text`` with spaces for line breaks and for whatever else a terminal would obey instead of showing it."""
    return "".join(c if c.isprintable() else " " for c in text)


def _wrong(name: str) -> InputError:
    return InputError(f'The field "{name}" of the request is not usable; update dawscribe\'s DAW scripts.')


def _text(data: Mapping[str, Any], name: str, *, longest: int, default: str | None = None) -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
        raise _wrong(name)
    return value


def _path(data: Mapping[str, Any]) -> Path:
    path = Path(_text(data, "path", longest=4096))
    if not path.is_absolute():
        raise _wrong("path")
    return path


def _number(data: Mapping[str, Any], name: str, default: float, *, least: float) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(name)
    # A huge integer does not fit a float; comparing first avoids the OverflowError.
    if not least <= value <= LARGEST_NUMBER or not math.isfinite(value):
        raise _wrong(name)
    return float(value)


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise _wrong(name)
    return value


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


def channels(score: Score) -> list[int]:
    """A MIDI channel 0..15 per part: drums on channel 10, the others in turn on the rest."""
    free = [c for c in range(16) if c != DRUM_CHANNEL]
    pitched = iter(range(len(score.parts)))
    return [DRUM_CHANNEL if p.is_drums else free[next(pitched) % len(free)] for p in score.parts]


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


@dataclass(frozen=True, slots=True)
class Status:
    """jobs/<id>/status.json: how far a job is."""

    state: str
    """One of :data:`STATES`."""
    stage: str = ""
    fraction: float = 0.0
    """0..1 of the whole job."""
    eta_s: float | None = None
    device: str = ""
    message: str = ""
    """The sentence for the user: why it failed, or what was noted."""
    notes: int = 0
    """Notes heard so far, while it runs."""

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "protocol": PROTOCOL,
            "state": self.state,
            "stage": self.stage,
            "fraction": round(self.fraction, 4),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
            "device": self.device,
            "message": self.message,
            "notes": self.notes,
        }


def parse_status(data: Mapping[str, Any]) -> Status:
    """The inverse of :meth:`Status.to_json`.

    Raises:
        InputError: not a status.
    """
    state, eta = data.get("state"), data.get("eta_s")
    if state not in STATES:
        raise _wrong("state")
    fields = {k: str(data.get(k) or "") for k in ("stage", "device", "message")}
    return Status(
        state=state,
        fraction=_number(data, "fraction", 0.0, least=0.0),
        eta_s=None if eta is None else _number(data, "eta_s", 0.0, least=0.0),
        notes=int(_number(data, "notes", 0.0, least=0.0)),
        **fields,
    )
