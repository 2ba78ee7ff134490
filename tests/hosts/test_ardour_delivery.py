"""What the host writes for Ardour's hook: ticks on the session's tempo map, tracks and their instruments."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mido
import pytest

from bridge.music.harmony import Chord, Section
from bridge.music.notes import Bend, Note
from bridge.music.parts import Score
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import ItemResult
from tests.raising import raises_code
from tests.support import track

RATE = 48_000
SLOW_QN, FAST_QN = 48_000, 24_000
"""Samples a quarter note at 60 and at 120 BPM."""
TABLE = [[0, 0], [2 * SLOW_QN, 3840], [2 * SLOW_QN + 4 * FAST_QN, 11520]]
"""Two quarters at 60 BPM, then four at 120: four seconds."""


def no_model(name: str) -> Path:
    raise AssertionError(name)


def host(home: Path, settings: Mapping[str, Any] | None = None) -> Any:
    context = Context(no_model, home / "cache", home, settings=settings)
    return plugins.create("hosts", "ardour", {}, context)


def place(**changes: Any) -> dict[str, Any]:
    """An item's fields as Ardour's script writes them."""
    track = {"id": "191", "name": "Song"}
    return {"track": track, "position": 96_000, "length": 4 * RATE, "rate": RATE, "tempo_table": TABLE} | changes


def deliver(
    folder: Path, *items: tuple[Score, dict[str, Any]], settings: Mapping[str, Any] | None = None, **extra: Any
) -> Any:
    """The plan the host wrote, and its MIDI file."""
    session = {"path": "/songs/demo", "name": "demo"}
    requests = [ItemRequest(AudioSpan(Path("/a.wav")), f"Take {n}", extra) for n, (_, extra) in enumerate(items)]
    results = [ItemResult(f"Take {n}", score, extra=extra) for n, (score, extra) in enumerate(items)]
    request = Request("ardour-1-000001", "ardour", tuple(requests), extra={"session": session} | extra)
    assert host(folder, settings).deliver(results, request, folder) == results
    return json.loads((folder / "ardour.json").read_text()), mido.MidiFile(folder / "ardour.mid")


def events(track: mido.MidiTrack) -> list[tuple[int, mido.Message]]:
    tick, found = 0, []
    for message in track:
        tick += message.time
        found.append((tick, message))
    return found


def notes(track: mido.MidiTrack) -> list[tuple[int, str, int]]:
    return [(t, m.type, m.note) for t, m in events(track) if m.type.startswith("note")]


def test_ticks_follow_the_sessions_tempo(tmp_path: Path) -> None:
    part = track("bass", "Bass", (Note(1.0, 2.25, 40, 90), Note(3.5, 4.0, 43, 80)), program=33)
    plan, file = deliver(tmp_path, (Score((part,), 4.0), place()))
    assert file.ticks_per_beat == plan["ppqn"] == 1920
    assert len(file.tracks) == plan["smf_tracks"] + 1 == 2
    assert notes(file.tracks[1]) == [
        (1920, "note_on", 40),
        (3840 + 960, "note_off", 40),
        (3840 + 5760, "note_on", 43),
        (3840 + 7680, "note_off", 43),
    ]
    assert events(file.tracks[1])[-1][0] == 11520
    (planned,) = plan["tracks"]
    assert planned["name"] == "Bass (Song)"
    assert planned["after"] == "191"
    (region,) = planned["regions"]
    assert region == {"smf_track": 1, "name": "Take 0 Bass", "notes": 2, "position": 96_000, "length": 4 * RATE}
    assert plan["session"] == {"path": "/songs/demo", "name": "demo"}


def test_no_key_is_struck_while_it_is_down(tmp_path: Path) -> None:
    part = track("piano", "Piano", (Note(0.0, 2.0, 60, 90), Note(1.0, 1.00001, 60, 50), Note(3.9, 9.0, 60, 70)))
    _, file = deliver(tmp_path, (Score((part,), 4.0), place()))
    assert notes(file.tracks[1]) == [
        (0, "note_on", 60),
        (1920, "note_off", 60),
        (1920, "note_on", 60),
        (1921, "note_off", 60),
        (3840 + 7296, "note_on", 60),
        (11520, "note_off", 60),
    ]


def test_drums_play_on_channel_ten(tmp_path: Path) -> None:
    parts = (track("drums", "Drums", (Note(0, 0.1, 36, 99),), is_drums=True), track("other", "Other", ()))
    _, file = deliver(tmp_path, (Score(parts, 4.0), place()))
    channels = [{m.channel for _, m in events(t) if not m.is_meta} for t in file.tracks[1:]]
    assert channels == [{9}, {0}]


@pytest.mark.parametrize(
    ("instrument", "expected"), [("ACE Fluid Synth", [(0, 1), (32, 0)]), ("Reasonable Synth", None)]
)
def test_a_kit_is_named_where_the_instrument_has_kits(
    tmp_path: Path, instrument: str, expected: list[tuple[int, int]] | None
) -> None:
    """Told program 0 alone, Ardour would show the piano of that number."""
    drums = track("drums", "Drums", (Note(0, 0.1, 36, 99),), is_drums=True)
    settings = {"hosts": {"ardour": {"instruments": {"drums": [instrument]}}}}
    _, file = deliver(tmp_path, (Score((drums,), 4.0), place()), settings=settings)
    kept = [m for _, m in events(file.tracks[1]) if m.type in ("control_change", "program_change")]
    assert [(m.control, m.value) for m in kept if m.type == "control_change"] == (expected or [])
    assert [m.type for m in kept][-1:] == (["program_change"] if expected else [])


def test_chords_become_named_regions(tmp_path: Path) -> None:
    """A chord that comes back is the same held chord in the file, as long as it is ever heard."""
    chords = (
        Chord(0.0, 1.0, "Am7", root=9, quality="min7", bass=9),
        Chord(1.0, 1.5, "N"),
        Chord(1.5, 2.0, "C/E", root=0, quality="maj", bass=4),
        Chord(2.0, 4.0, "Am7", root=9, quality="min7", bass=9),
        Chord(4.0, 9.0, "G", root=7, quality="maj", bass=7),
    )
    score = Score(
        (track("bass", "Bass", (Note(0, 1, 40, 90),)),), 4.0, chords=chords, sections=(Section(1.0, 3.5, "A"),)
    )
    plain, _ = deliver(tmp_path, (score, place()))
    assert (len(plain["tracks"]), plain["ranges"]) == (1, [])
    plan, file = deliver(tmp_path, (score, place()), insertion={"chord_track": True})
    harmony, bass = plan["tracks"]
    assert (harmony["name"], harmony["instruments"], bass["key"]) == ("Chords (Song)", [], "191/bass")
    spans = [(r["smf_track"], r["name"], r["position"] - 96_000, r["length"]) for r in harmony["regions"]]
    slash = "C\N{DIVISION SLASH}E"
    assert spans == [
        (1, "Am7", 0, RATE), (1, "Am7", 2 * RATE, 2 * RATE), (2, slash, round(1.5 * RATE), RATE // 2),
    ]  # fmt: skip
    assert plan["ranges"] == [{"name": "A", "position": 96_000 + RATE, "length": round(2.5 * RATE)}]
    assert not [m for _, m in events(file.tracks[1]) if m.type == "program_change"]
    # Two seconds at 120 BPM are four quarters; one more lets every region end inside of it.
    keys = (45, 57, 60, 64, 67)
    struck, let_go = [(0, "note_on", key) for key in keys], [(5 * 1920, "note_off", key) for key in keys]
    assert notes(file.tracks[1]) == struck + let_go
    assert [key for _, kind, key in notes(file.tracks[2]) if kind == "note_on"] == [40, 48, 52, 55]


def test_a_held_bend_stays_until_it_changes(tmp_path: Path) -> None:
    """Ardour draws a line between wheel positions, so a held one is written again just before the next."""
    bends = (Bend(0.0, 0.0), Bend(1.0, 6.0), Bend(2.0, 0.0))
    part = track("vocals", "Vocals", (Note(0, 3, 60, 90),), bends)
    _, file = deliver(tmp_path, (Score((part,), 4.0), place()))
    wheel = [(t, m.pitch) for t, m in events(file.tracks[1]) if m.type == "pitchwheel"]
    assert wheel[-4:] == [(1919, 0), (1920, 4096), (3839, 4096), (3840, 0)]
    controls = [(t, m.control, m.value) for t, m in events(file.tracks[1]) if m.type == "control_change"]
    assert [c[1:] for c in controls] == [(101, 0), (100, 0), (6, 12)]
    assert len({c[0] for c in controls}) == 3, "controllers of one tick lose their order in Ardour"


def test_items_of_one_track_share_their_tracks(tmp_path: Path) -> None:
    score = Score((track("bass", "Bass", (Note(0, 1, 40, 90),)),), 4.0)
    other_track = place(track={"id": "200", "name": "B:side"}, position=0)
    plan, file = deliver(tmp_path, (score, place()), (score, place(position=500_000)), (score, other_track))
    assert [(t["name"], len(t["regions"])) for t in plan["tracks"]] == [("Bass (Song)", 2), ("Bass (B_side)", 1)]
    assert [r["smf_track"] for t in plan["tracks"] for r in t["regions"]] == [1, 2, 3]
    assert len(file.tracks) == 4


def test_instruments_come_from_the_settings_and_end_with_one_that_every_ardour_has(tmp_path: Path) -> None:
    table = {"bass": ["lv2:http://example.org/bass #Deep", "Reasonable Synth"]}
    settings = {"hosts": {"ardour": {"instruments": table}}}
    score = Score((track("bass", "Bass", ()), track("other", "Other", ())), 4.0)
    plan, _ = deliver(tmp_path, (score, place()), settings=settings)
    bass, other = ([i["id"] for i in t["instruments"]] for t in plan["tracks"])
    reasonable = "https://community.ardour.org/node/7596"
    assert bass == ["http://example.org/bass", reasonable, "urn:ardour:a-fluidsynth"]
    assert plan["tracks"][0]["instruments"][0]["preset"] == "Deep"
    assert other == ["urn:ardour:a-fluidsynth", reasonable]


@pytest.mark.parametrize(
    "wrong",
    [
        {"track": "Song"},
        {"position": -1},
        {"position": 1.5},
        {"length": 0},
        {"rate": True},
        {"tempo_table": [[0, 0]]},
        {"tempo_table": [[0, 0], [10, 5], [5, 9]]},
        {"tempo_table": [[0, 0], [10, 0]]},
        {"tempo_table": [[0, 0], [float("inf"), 9]]},
        {"tempo_table": [[0, 0], ["10", 9]]},
        {"tempo_table": "a table"},
    ],
)
def test_a_place_that_makes_no_sense_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with raises_code("request-field-invalid"):
        deliver(tmp_path, (Score((), 4.0), place(**wrong)))
    assert not (tmp_path / "ardour.json").exists()


def test_a_result_is_announced_to_its_session(tmp_path: Path) -> None:
    """The hook knows the requests that it sent, not those that 'dawscribe retry' made of them."""
    file = tmp_path / "hosts" / "ardour-0123456789ab-results.json"

    def finish(job: str, key: object) -> list[str]:
        folder = tmp_path / "jobs" / job
        folder.mkdir(parents=True, exist_ok=True)
        request = Request(job, "ardour", (), extra={"session": {"path": "/s", "name": "s", "key": key}})
        host(tmp_path).deliver([], request, folder)
        return list(json.loads(file.read_text())["jobs"]) if file.exists() else []

    assert finish("ardour-1-000001", "../../x") == finish("ardour-1-000001", None) == []
    assert finish("ardour-1-000001", "0123456789ab") == ["ardour-1-000001"]
    assert finish("ardour-1-000002", "0123456789ab") == ["ardour-1-000001", "ardour-1-000002"]
    (tmp_path / "jobs" / "ardour-1-000001" / "inserted").touch()
    assert finish("ardour-1-000002-again-5", "0123456789ab") == ["ardour-1-000002", "ardour-1-000002-again-5"]
    (tmp_path / "jobs" / "ardour-1-000002" / "inserted").write_text('{"revision": 1}')
    (tmp_path / "jobs" / "ardour-1-000002" / "status.json").write_text('{"state": "done", "revision": 2}')
    again = "ardour-1-000002-again-5"
    assert finish("ardour-1-000004", "0123456789ab") == ["ardour-1-000002", again, "ardour-1-000004"]
    (tmp_path / "jobs" / "ardour-1-000002" / "inserted").write_text('{"revision": 2}')
    assert finish("ardour-1-000004", "0123456789ab") == [again, "ardour-1-000004"]
    file.write_text("[[[")
    assert finish("ardour-1-000003", "0123456789ab") == ["ardour-1-000003"]


def test_renderings_of_jobs_that_are_gone_are_removed(tmp_path: Path) -> None:
    for folder in ("hosts", "inbox", "jobs/ardour-1-000002-again-5"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "inbox" / "ardour-1-000003.json").touch()
    old = ["ardour-1-000001-1-1.wav", "ardour-1-000002-1-1.wav", "ardour-1-000003-2-1.wav", "ardour-mine.wav"]
    for name in (*old, "ardour-1-000004-1-1.wav"):
        (tmp_path / "hosts" / name).touch()
    for name in old:
        os.utime(tmp_path / "hosts" / name, (1e9, 1e9))
    host(tmp_path).deliver([], Request("ardour-1-000009", "ardour", ()), tmp_path)
    assert {p.name for p in (tmp_path / "hosts").iterdir()} == {*old[1:], "ardour-1-000004-1-1.wav"}


def test_a_command_nobody_takes_is_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.hosts.ardour.host.ANSWER_S", 0.2)
    with raises_code("host-silent"):
        host(tmp_path).request_selected({"stems": ["bass"]})
    assert not (tmp_path / "commands" / "ardour.json").exists()
