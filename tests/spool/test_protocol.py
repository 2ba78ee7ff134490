"""Protocol 1: the pinned examples, and whatever hostile files may hold."""

from __future__ import annotations

import copy
import json
import math
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import InputError
from bridge.midi.part_events import channels
from bridge.music.groove import Groove
from bridge.music.harmony import Chord, Key, Section
from bridge.music.notes import Bend, Note
from bridge.music.parts import Candidate, Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.spool.request import Request, check_id, parse_request
from bridge.spool.result import ItemResult, item_result_json, item_score
from bridge.spool.status import Status, parse_status
from bridge.spool.untrusted_json import parse_json
from tests.raising import raises_code
from tests.support import track

DATA = Path(__file__).parents[1] / "data" / "protocol"


def _example(name: str) -> dict[str, Any]:
    return parse_json((DATA / name).read_bytes(), "request")


@pytest.fixture
def request_data() -> dict[str, Any]:
    """A fresh copy of the pinned request, to be damaged."""
    return _example("request.json")


def test_the_pinned_request(request_data: dict[str, Any]) -> None:
    request = parse_request(request_data)
    first, second = request.items
    assert (request.id, request.host) == ("reaper-1763850000-0001", "reaper")
    assert (first.audio.start_s, first.audio.length_s) == (1.5, 12.0)
    assert first.extra["position_s"] == 8.25
    assert second.audio.gain == 0.5 and [c for _, c in second.audio.channels] == [0, 0]
    assert request.options["quantise"] == "1/16"
    assert request.extra == {"project": "/home/me/Songs/Demo/demo.rpp"}


def test_the_pinned_result() -> None:
    data = _example("result.json")["items"][0]
    hits = (Note(0.0, 0.1, 36, 110, 0.97), Note(0.3, 0.4, 42, 64, 0.62), Note(0.6, 0.7, 38, 100, 0.91))
    line = (Note(0.0, 0.55, 40, 96, 0.88), Note(0.6, 1.15, 43, 90, 0.75))
    bends = (Bend(0.0, 0.0), Bend(0.2, 0.35), Bend(0.6, 0.0))
    faint, partial = Note(0.9, 1.0, 42, 22, 0.31), Note(0.6, 1.1, 55, 40, 0.5)
    parts = (
        replace(
            track("drums", "Drums", hits, is_drums=True),
            candidates=(Candidate(faint, "below_threshold"),),
            pieces={36: "kick", 38: "snare", 42: "closed hat"},
        ),
        replace(track("bass", "Bass", line, bends, 33), candidates=(Candidate(partial, "harmonic"),)),
    )
    folder = Path("/jobs/1")
    score = Score(
        parts,
        12.0,
        TempoMap.constant(100.0),
        tuple(data["warnings"]),
        (Key(0.0, 12.0, 4, True, 0.7),),
        (Chord(0.0, 2.4, "Em", 0.8, 4, "min", 4),),
        (Section(0.0, 12.0, "A", 0.6),),
        Groove(offsets=(0.0, 0.0, 0.01, 0.0), onsets=64),
    )
    item = ItemResult(
        data["name"],
        score,
        stems=tuple((role, folder / "stems" / f"{role}.wav") for role in ("drums", "bass")),
        midi=folder / "song.mid",
        extra={key: data[key] for key in ("position_s", "track", "item", "one_shots")},
    )
    written = item_result_json(item, folder)
    for mine, theirs in zip(written["parts"], data["parts"], strict=True):
        mine["instruments"] = theirs["instruments"]  # from the settings, added last
    assert written == data
    assert item_score(data) == score


def test_a_result_of_an_earlier_version_is_read_as_it_was_meant() -> None:
    data = _example("result.json")["items"][0]
    for name in ("key", "keys", "chords", "sections", "groove", "hidden_parts"):
        del data[name]
    for part in data["parts"]:
        for name in ("id", "stem", "instrument", "candidate_fields", "candidates", "pieces"):
            del part[name]
        part["notes"] = [row[:4] for row in part["notes"]]
    score = item_score(data)
    assert [(p.id, p.stem, p.name, p.program, p.is_drums, p.role) for p in score.parts] == [
        ("drums", "drums", "Drums", 0, True, "drums"),
        ("bass", "bass", "Bass", 33, False, "bass"),
    ]
    assert [n.confidence for p in score.parts for n in p.notes] == [1.0] * 5


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("length_s",), "long"),
        (("tempo",), None),
        (("tempo", "points"), []),
        (("parts", 0, "notes", 0), [2.0, 1.0, 36, 100]),
        (("parts", 0, "notes", 0), [0.0, 1.0, 300, 100]),
        (("parts", 0, "notes", 0), "note"),
        (("parts", 0, "candidates", 0), [0.9, 1.0, 42, 22, 0.31, "a mood"]),
        (("parts", 0, "instrument"), {"name": "Kit", "sound": "loud"}),
        (("parts", 0, "program"), 128),
        (("chords",), [{"symbol": "Em"}]),
    ],
)
def test_a_damaged_result_is_a_sentence(path: tuple[str | int, ...], value: object) -> None:
    data = _example("result.json")["items"][0]
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with raises_code("result-damaged"):
        item_score(data)


@pytest.mark.parametrize("name", ["status_running.json", "status_failed.json"])
def test_the_pinned_status(name: str) -> None:
    data = _example(name)
    assert parse_status(data).to_json() == data


def test_a_signature_over_eight_survives_the_result() -> None:
    tempo = TempoMap.from_points([TempoPoint(0, 90.0, 6, 8), TempoPoint(4.0, 120.0, 7, 8), TempoPoint(8.0, 100.0, 4)])
    rows = item_result_json(ItemResult("x", Score((), 9.0, tempo)), Path("/j"))
    assert [p.get("beat_unit") for p in rows["tempo"]["points"]] == [8, 8, None]
    assert item_score(parse_json(json.dumps(rows), "result")).tempo == tempo


def test_notes_are_written_to_a_tenth_of_a_millisecond_and_end_after_they_begin() -> None:
    notes = tuple(Note(i * 0.1, i * 0.1 + 1e-6 * (i + 1), 60 + i, 1 + i) for i in range(50))
    tempo = TempoMap.from_points([TempoPoint(0, 90.5, 3), TempoPoint(2.0, 120.25, 4)])
    parts = (track("drums", "Drums", notes, is_drums=True), track("bass", "Bass", notes, (Bend(0.1, 0.25),), 33))
    item = ItemResult("Übung", Score(parts, 5.0, tempo, ("Careful.",)), extra={"position_s": 1.0})
    data = parse_json(json.dumps(item_result_json(item, Path("/j"))), "result")
    assert [(p["bpm"], p["beats_per_bar"]) for p in data["tempo"]["points"]] == [(90.5, 3), (120.25, 4)]
    assert (data["name"], data["position_s"], data["warnings"]) == ("Übung", 1.0, ["Careful."])
    assert [p["bends"] for p in data["parts"]] == [[], [[0.1, 0.25]]]
    for part in data["parts"]:
        for (onset_s, offset_s, *rest), note in zip(part["notes"], notes, strict=True):
            assert rest == [note.pitch, note.velocity, note.confidence]
            assert abs(onset_s - note.onset_s) < 1e-4
            assert onset_s < offset_s < note.offset_s + 2e-4
    assert channels(item.score) == [9, 0]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"17",
        b"\xff\xfe\x00",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": -1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a": 1} trailing',
        b"{'a': 1}",
        b"\x00" * 100,
    ],
)
def test_what_is_not_json_is_refused_in_one_sentence(text: bytes) -> None:
    with raises_code("request-not-an-object", "request-not-json"):
        parse_json(text, "request")


@pytest.mark.parametrize("number", [None, 0, 2, "1", True, [1], {}, 1.5, 10**40, "x" * 9999])
def test_unknown_protocol_numbers_are_refused(number: object, request_data: dict[str, Any]) -> None:
    request_data["protocol"] = number
    with raises_code("protocol-differs") as caught:
        parse_request(request_data)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "name",
    [
        "",
        "short",
        "../../etc/passwd",
        "with space",
        "UPPER-CASE-1",
        "a" * 65,
        "x/yyyyyyyyy",
        "ok-id-123\n",
        "id.with.dots",
        None,
        7,
        ["a"],
    ],
)
def test_ids_that_could_leave_the_folder(name: object) -> None:
    with raises_code("job-id-invalid"):
        check_id(name)


HOSTILE: tuple[Any, ...] = (
    None,
    True,
    False,
    -1,
    0,
    10**400,
    -(10**30),
    1e308,
    -0.5,
    "",
    "text",
    "a\0b",
    "x" * 100_000,
    [],
    {},
    [[]],
    [None],
    {"path": 1},
    "relative/path.wav",
    [{"path": "/a.wav", "channel": -1}],
    [{"path": "/a.wav", "channel": True}],
    [{"path": "/a.wav", "channel": 1e3}],
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "relative.wav"),
        ("path", ""),
        ("path", None),
        ("path", "/a\0.wav"),
        ("path", "/" + "x" * 5000),
        ("start_s", -1),
        ("start_s", True),
        ("start_s", "1"),
        ("start_s", 10**400),
        ("length_s", -0.1),
        ("length_s", []),
        ("gain", None),
        ("gain", 1e300),
        ("channels", {"path": "/a.wav"}),
        ("channels", [{"path": "/a.wav", "channel": True}]),
        ("channels", [{"path": "/a.wav", "channel": -1}]),
        ("channels", ["x"]),
        ("channels", [{"path": "/a.wav"}] * 65),
    ],
)
def test_a_wrong_field_of_the_audio_is_named(field: str, value: object, request_data: dict[str, Any]) -> None:
    request_data["items"][0]["audio"][field] = value
    with raises_code("request-field-invalid"):
        parse_request(request_data)


@pytest.mark.parametrize("items", [None, [], {}, "x", [1], [None], [[]], [{}] * 1001, [{"audio": 3}], [{"audio": []}]])
def test_items_that_are_none(items: object, request_data: dict[str, Any]) -> None:
    request_data["items"] = items
    with pytest.raises(InputError):
        parse_request(request_data)


@pytest.mark.parametrize("name", ["", None, "x" * 9999, "a\0b", "\x1b]0;mine\a\n"])
def test_an_item_with_an_odd_name_is_transcribed_all_the_same(name: object, request_data: dict[str, Any]) -> None:
    request_data["items"][0]["name"] = name
    parsed = parse_request(request_data).items[0].name
    assert 0 < len(parsed) <= 512 and parsed.isprintable()
    if not name:
        assert parsed == "demo"


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value in a JSON document."""
    found = [path] if path else []
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        found += _places(value, (*path, key))
    return found


def _with(data: Any, path: tuple[Any, ...], value: object) -> Any:
    changed = copy.deepcopy(data)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize("seed", range(4))
def test_whatever_stands_in_a_request_it_parses_or_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    refusals: list[str] = []
    data = _example("request.json")
    for _ in range(400):
        changed = data
        for _ in range(rng.randint(1, 3)):
            changed = _with(changed, rng.choice(_places(changed)), rng.choice(HOSTILE))
        try:
            request = parse_request(changed)
        except InputError as e:
            refusals.append(str(e))
            continue
        assert isinstance(request, Request)
        for item in request.items:
            assert item.audio.path.is_absolute() and math.isfinite(item.audio.start_s + item.audio.gain)
    assert 20 < len(refusals) < 400
    assert all(r.endswith(".") and len(r) < 300 for r in refusals)


def test_a_damaged_status_is_refused_and_nothing_else() -> None:
    data = _example("status_running.json")
    refusals: list[str] = []
    for path in _places(data):
        for value in HOSTILE:
            try:
                assert isinstance(parse_status(_with(data, path, value)), Status)
            except InputError as e:
                refusals.append(str(e))
    assert refusals and all(r.endswith(".") for r in refusals)
