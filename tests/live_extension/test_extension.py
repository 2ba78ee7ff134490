"""The extension of Live under Live's own Node and flags, through the real relay."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live_extension.studio import SOURCE, TOOLS, Studio, tool
from tests.live_sim.desk import Desk, part
from tests.support import Home, sine, wait_for

CLIP = {"name": "take", "start": 16.0, "end": 24.0}
TRACKS = [{"name": "Song", "clips": [CLIP]}, {"name": "Other"}]


@pytest.fixture
def desk(tmp_path: Path, home: Home) -> Desk:
    """A home whose daemon the test plays itself; the lock says that one runs."""
    return Desk(home.folder)


@pytest.fixture
def studio(tmp_path: Path, home: Home) -> Studio:
    tool("node")
    return Studio(tmp_path / "live", home)


def _lock(home: Path) -> Any:
    from bridge.files import FileLock

    lock = FileLock(home / "daemon.lock")
    assert lock.take()
    return lock


def _play(
    studio: Studio, desk: Desk, scenario: dict[str, Any], answer: Callable[[dict[str, Any]], None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a scenario and answer its request; (request, outcome)."""
    lock = _lock(desk.home)
    try:
        process = studio.start(scenario)
        request: dict[str, Any] = wait_for(lambda: desk.take() or process.poll() is not None, "the request")
        assert isinstance(request, dict), process.communicate()
        answer(request)
        return request, studio.outcome(process)
    finally:
        lock.free()


def test_types_are_checked() -> None:
    done = subprocess.run(
        [tool("node"), tool("tsc"), "-p", str(SOURCE), "--typeRoots", str(TOOLS / "@types")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_whole_way_with_the_real_daemon(studio: Studio, home: Home) -> None:
    home.start()
    found = studio.run({"tracks": TRACKS, "select": ["clip", 0]})
    assert "Making the tracks" in found["progress"]
    names = [t["name"] for t in found["tracks"]]
    assert names == ["Song", "Drums (take)", "Bass (take)", "Vocals (take)", "Other (take)", "Other"]
    bass = found["tracks"][2]
    (clip,) = bass["clips"]
    assert (clip["start"], clip["end"]) == (16.0, 24.0)
    # Four seconds of sound at 120 BPM: the fake hears a note each half second, a beat.
    assert [n["startTime"] for n in clip["notes"]] == pytest.approx([float(i) for i in range(8)], abs=1e-6)
    assert bass["devices"][0]["name"] == "Drift"
    (kit,) = found["tracks"][1]["devices"]
    assert kit == {"name": "Drum Rack", "chains": [{"note": 36, "sample": "/project/36_kick.wav"}]}
    # Tracks, clips, notes and names; then a device and its name for each track, and a rack with its one pad.
    assert found["undoSteps"] == 3 + 3 * 2 + (1 + 4 + 1)
    assert found["left"] == []
    assert {m["scope"] for m in found["menus"]} == {"AudioClip", "AudioTrack.ArrangementSelection"}
    (job,) = (home.folder / "jobs").iterdir()
    assert json.loads((job / "inserted").read_text()) == {"revision": 1}


def test_the_daemon_is_started_where_none_runs(studio: Studio, home: Home) -> None:
    found = studio.run({"tracks": TRACKS, "select": ["clip", 0]})
    try:
        assert len(found["tracks"]) == 6, found["dialogs"]
    finally:
        home.run("stop")


def test_a_changing_tempo_is_measured(studio: Studio, desk: Desk) -> None:
    tempo = [[0, 120], [18, 90], [22, 150]]
    rows = [[0.5, 0.9, 40, 90], [2.0, 2.3, 41, 90], [3.9, 4.1, 42, 90]]
    scenario = {"tracks": TRACKS, "select": ["clip", 0], "tempo": tempo}
    request, found = _play(studio, desk, scenario, lambda r: desk.answer(_sized(r), [part("Bass", rows)]))
    live = request["items"][0]["live"]
    assert [round(m[1], 6) for m in live["warp"]] == [0, 4, 8]
    beats = [n["startTime"] for n in found["tracks"][1]["clips"][0]["notes"]]
    # Whole bars were measured; inside a bar where the tempo changes the line is straight.
    assert beats[0] == pytest.approx(0.5 * 4 / live["warp"][1][0])
    assert "The tempo changes under this clip" in found["dialogs"][-1]


def _sized(request: dict[str, Any]) -> dict[str, Any]:
    for item in request["items"]:
        item["audio"]["length_s"] = item["audio"]["length_s"] or 4.0
    return request


def test_the_songs_own_drums_become_a_rack(studio: Studio, desk: Desk) -> None:
    def answer(request: dict[str, Any]) -> None:
        _sized(request)
        request["items"][0]["one_shots"] = [
            {"pitch": 36, "path": "one_shots/36_kick_soft.wav", "softest": 1, "loudest": 60},
            {"pitch": 36, "path": "one_shots/36_kick.wav", "softest": 61, "loudest": 127},
            {"pitch": 38, "path": "one_shots/38_snare.wav"},
            {"pitch": 42, "path": "../../../etc/passwd"},
        ]  # fmt: skip
        desk.answer(request, [part("Drums", [[0.0, 0.1, 36, 100]], drums=True), part("Bass", [[0, 1, 40, 90]])])

    _, found = _play(studio, desk, {"tracks": TRACKS, "select": ["clip", 0]}, answer)
    drums = found["tracks"][1]
    assert drums["name"] == "Drums (take)", "a rack renames its track; the name is set last"
    (rack,) = drums["devices"]
    assert [(c["note"], c["sample"]) for c in rack["chains"]] == [
        (36, "/project/36_kick.wav"), (38, "/project/38_snare.wav"),
    ]  # fmt: skip


def test_a_session_clip_is_read_from_its_file(studio: Studio, desk: Desk, tmp_path: Path) -> None:
    wav = sine(tmp_path / "loop.wav", seconds=4.0)
    clip = {
        "name": "loop", "path": str(wav), "warping": True, "warpMode": 4, "looping": True, "startMarker": 1.0,
        "endMarker": 8.0, "loopStart": 2.0, "loopEnd": 6.0,
        "warpMarkers": [{"sampleTime": 0.0, "beatTime": 0.0}, {"sampleTime": 2.0, "beatTime": 5.0}],
    }  # fmt: skip
    scenario = {"tracks": [{"name": "Song", "slots": [None, clip]}], "select": ["slot", 0], "scene": 1}
    request, found = _play(studio, desk, scenario, lambda r: desk.answer(r, [part("Bass", [[0.4, 0.8, 40, 90]])]))
    audio = request["items"][0]["audio"]
    assert (audio["path"], audio["start_s"]) == (str(wav), pytest.approx(0.4))
    made = found["tracks"][1]["slots"][1]
    assert made["looping"]
    assert made["end"] == 5.0
    assert made["notes"][0]["startTime"] == pytest.approx(1.0)
    assert "not shown to extensions" in found["dialogs"][-1]


def test_a_range_over_several_tracks_comes_as_one(studio: Studio, desk: Desk) -> None:
    tracks = [{"name": "Song", "clips": [CLIP]}, {"name": "MIDI", "audio": False}, {"name": "Guitar", "clips": [CLIP]}]
    scenario = {"tracks": tracks, "select": ["range"], "range": [17.0, 21.0]}
    request, found = _play(studio, desk, scenario, lambda r: desk.answer(_sized(r), [part("Bass", [[0, 1, 40, 90]])]))
    assert [i["name"] for i in request["items"]] == ["Song", "Guitar"]
    assert len({i["audio"]["path"] for i in request["items"]}) == 2, "one render must not write over the other"
    made = [t for t in found["tracks"] if t["name"].startswith("Bass")]
    assert [t["clips"][0]["start"] for t in made] == [17.0, 17.0]


def test_options_are_kept_to_what_the_protocol_knows(studio: Studio, desk: Desk) -> None:
    chosen = {"go": True, "stems": ["bass", "kazoo", "drums"], "quantise": "1/16", "device": "/dev/sda"}
    scenario = {"tracks": TRACKS, "select": ["clip", 0], "command": "dawscribe.options", "answer": json.dumps(chosen)}
    request, _ = _play(studio, desk, scenario, lambda r: desk.answer(_sized(r), [part("Bass", [[0, 1, 40, 90]])]))
    assert request["options"] == {"stems": ["drums", "bass"], "quantise": "1/16"}


@pytest.mark.parametrize("answer", ["", "no json", "[]", '{"go": "yes"}'])
def test_a_dialog_that_is_closed_starts_nothing(answer: str, studio: Studio, desk: Desk) -> None:
    scenario = {
        "tracks": TRACKS,
        "select": ["clip", 0],
        "command": "dawscribe.options",
        "answer": answer,
        "quits": True,
    }
    found = studio.run(scenario)
    assert found["progress"] == []
    assert not list((desk.home / "inbox").iterdir())


def test_the_remote_script_inserts_where_it_runs(studio: Studio, desk: Desk) -> None:
    (desk.home / "hosts").mkdir(exist_ok=True)

    def beat() -> None:
        data = {"protocol": 1, "heartbeat": time.time(), "session": "abc123"}
        (desk.home / "hosts" / "live.json").write_text(json.dumps(data))

    beat()

    def answer(request: dict[str, Any]) -> None:
        desk.answer(_sized(request), [part("Bass", [[0, 1, 40, 90]])])
        (desk.home / "jobs" / request["id"] / "inserted").write_text('{"revision": 1}')

    request, found = _play(studio, desk, {"tracks": TRACKS, "select": ["clip", 0]}, answer)
    assert request["inserter"] == "abc123"
    assert [t["name"] for t in found["tracks"]] == ["Song", "Other"], "two must not insert it"


def test_cancel_ends_the_job(studio: Studio, desk: Desk) -> None:
    scenario = {"tracks": TRACKS, "select": ["clip", 0], "cancels": True}
    request, found = _play(studio, desk, scenario, lambda r: (studio.storage / "cancel-now").touch())
    assert (desk.home / "jobs" / request["id"] / "cancel").exists()
    assert found["undoSteps"] == 0
    assert found["dialogs"] == []


def test_a_refusal_midway_leaves_no_track(studio: Studio, desk: Desk) -> None:
    scenario = {"tracks": TRACKS, "select": ["clip", 0], "refuse": "createClip"}
    _, found = _play(studio, desk, scenario, lambda r: desk.answer(_sized(r), [part("Bass", [[0, 1, 40, 90]])]))
    assert [t["name"] for t in found["tracks"]] == ["Song", "Other"]
    assert "Live refused to make a track or a clip" in found["dialogs"][-1]


def test_bad_ends_are_sentences(studio: Studio, desk: Desk) -> None:
    def fail(request: dict[str, Any]) -> None:
        desk.status(request["id"], "failed", message='Too <b>little</b> "audio".')

    scenario = {"tracks": TRACKS, "select": ["clip", 0]}
    _, found = _play(studio, desk, scenario, fail)
    assert "Too &#60;b&#62;little&#60;/b&#62; &#34;audio&#34;." in found["dialogs"][-1]
    wrong = [part("Bass", [[0, 1, 400, 90]])]
    _, found = _play(studio, desk, scenario, lambda r: desk.answer(_sized(r), wrong))
    assert "damaged" in found["dialogs"][-1]
    found = studio.run({"tracks": [{"name": "MIDI", "audio": False, "clips": [CLIP]}], "select": ["clip", 0]})
    assert "Live cannot render this track" in found["dialogs"][-1]
    shutil.rmtree(desk.home / "inbox")
    (studio.extension / "installed.json").write_text('{"relay": ["/nowhere/python"]}')
    found = studio.run(scenario)
    assert "dawscribe cannot be reached" in found["dialogs"][-1]
