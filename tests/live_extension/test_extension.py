"""The extension of Live under Live's own Node and flags, through the real relay."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.hosts.live.bundle import bundle
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
    scopes = {m["scope"] for m in found["menus"]}
    assert scopes == {"AudioClip", "AudioTrack.ArrangementSelection", "ClipSlotSelection"}
    assert any("Undo takes them back in three steps" in text for text in found["progress"])
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


def test_the_playhead_may_be_in_another_tempo_by_then(studio: Studio, desk: Desk) -> None:
    rows = [[0.5, 0.9, 40, 90], [2.0, 2.3, 41, 90]]
    scenario = {"tracks": TRACKS, "select": ["clip", 0], "later": 60}
    _, found = _play(studio, desk, scenario, lambda r: desk.answer(_sized(r), [part("Bass", rows)]))
    beats = [n["startTime"] for n in found["tracks"][1]["clips"][0]["notes"]]
    assert beats == pytest.approx([1.0, 4.0])


@pytest.mark.parametrize(("first", "last"), [(17.0, 17.0), (18.0, 17.0)])
def test_a_range_of_nothing_is_refused(first: float, last: float, studio: Studio, desk: Desk) -> None:
    found = studio.run({"tracks": TRACKS, "select": ["range"], "range": [first, last], "opens": 300})
    assert "Nothing is selected there" in found["dialogs"][-1]
    assert found["closed"] == 1, "the progress dialog opened when all was over"
    assert found["left"] == []
    assert not list((desk.home / "inbox").iterdir())


def test_a_clip_that_is_gone_is_a_sentence_and_the_next_click_works(studio: Studio, desk: Desk) -> None:
    found = studio.run({"tracks": TRACKS, "select": ["gone"], "opens": 300})
    assert "dawscribe could not transcribe this clip" in found["dialogs"][-1]
    assert found["undoSteps"] == 0


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
    assert "begin and loop as a whole" in found["dialogs"][-1], "it starts a beat before its loop"


def test_a_session_clip_that_is_not_warped_is_placed_at_the_tempo(studio: Studio, desk: Desk, tmp_path: Path) -> None:
    clip = {
        "name": "loop", "path": str(sine(tmp_path / "loop.wav", seconds=4.0)), "warping": False, "warpMode": 4,
        "looping": True, "startMarker": 1.0, "endMarker": 4.0, "loopStart": 1.0, "loopEnd": 3.0, "warpMarkers": [],
    }  # fmt: skip
    scenario = {"tracks": [{"name": "Song", "slots": [clip]}], "select": ["slot", 0], "tempo": [[0, 90]]}
    request, found = _play(studio, desk, scenario, lambda r: desk.answer(r, [part("Bass", [[0.5, 1.0, 40, 90]])]))
    assert (request["items"][0]["audio"]["start_s"], request["items"][0]["audio"]["length_s"]) == (1.0, 2.0)
    made = found["tracks"][1]["slots"][0]
    assert made["end"] == pytest.approx(3.0)
    assert made["looping"]
    assert made["notes"][0]["startTime"] == pytest.approx(0.75)


def test_a_session_clip_that_begins_behind_its_loop_plays_on(studio: Studio, desk: Desk, tmp_path: Path) -> None:
    clip = {
        "name": "loop", "path": str(sine(tmp_path / "loop.wav", seconds=4.0)), "warping": True, "warpMode": 4,
        "looping": True, "startMarker": 6.0, "endMarker": 8.0, "loopStart": 2.0, "loopEnd": 5.0,
        "warpMarkers": [{"sampleTime": 0.0, "beatTime": 0.0}, {"sampleTime": 2.0, "beatTime": 4.0}],
    }  # fmt: skip
    scenario = {"tracks": [{"name": "Song", "slots": [clip]}], "select": ["slot", 0]}
    request, found = _play(studio, desk, scenario, lambda r: desk.answer(r, [part("Bass", [[0.4, 0.8, 40, 90]])]))
    assert (request["items"][0]["audio"]["start_s"], request["items"][0]["audio"]["length_s"]) == (3.0, 1.0)
    made = found["tracks"][1]["slots"][0]
    assert (made["end"], made.get("looping")) == (2.0, None)
    assert made["notes"][0]["startTime"] == pytest.approx(0.8)
    assert "begin and loop as a whole" not in found["dialogs"][-1]


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


PRESS = """
const { chosen, optionsPage } = require(process.argv[1]);
const [, script] = optionsPage().match(/<script>(.*)<.script>/s);
const document = {
  forms: [{}], querySelectorAll: () => [{ value: "bass" }, { value: "drums" }], querySelector: () => ({ value: "1/8" }),
};
const post = ({ method, params }) => console.log(method, JSON.stringify(chosen(params[0])));
const mac = { webkit: { messageHandlers: { live: { postMessage: post } } } };
for (const window of [mac, { chrome: { webview: { postMessage: post } } }]) {
  new Function("document", "window", script)(document, window);
  document.forms[0].onsubmit({ preventDefault() {} });
}
"""


def test_the_page_sends_what_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "options.js").write_text(bundle(SOURCE, "options"), encoding="utf-8")
    words = [tool("node"), "-e", PRESS, str(tmp_path / "options.js")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ['close_and_send {"stems":["drums","bass"],"quantise":"1/8"}'] * 2


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


def test_the_songs_own_drums_come_to_the_track_that_the_script_made(studio: Studio, desk: Desk) -> None:
    (desk.home / "hosts").mkdir(exist_ok=True)
    data = {"protocol": 1, "heartbeat": time.time() + 5, "session": "abc123"}
    (desk.home / "hosts" / "live.json").write_text(json.dumps(data))

    def answer(request: dict[str, Any]) -> None:
        assert request["insertion"] == {"kit": "extension"}
        shots = [{"pitch": 36, "path": "one_shots/36_kick.wav"}, {"pitch": 38, "path": "one_shots/missing.wav"}]
        _sized(request)["items"][0]["one_shots"] = shots
        desk.answer(request, [part("Drums", [[0.0, 0.1, 36, 100]], drums=True), part("Bass", [[0, 1, 40, 90]])])
        mark = desk.home / "jobs" / request["id"] / "inserted"
        mark.write_text('{"revision": 1}')
        time.sleep(1.0)
        mark.write_text('{"revision": 1, "whole": true}')

    # The script's tracks of this job, and those of one before.
    made = [("Drums (take)", ["909 Core Kit"]), ("Drums (take)", []), ("Bass (take)", [])]
    tracks = [*TRACKS, *({"name": n, "audio": False, "devices": d} for n, d in made)]
    _, found = _play(studio, desk, {"tracks": tracks, "select": ["clip", 0]}, answer)
    devices = [t["devices"] for t in found["tracks"][2:]]
    assert [[d["name"] for d in ds] for ds in devices] == [["909 Core Kit"], ["Drum Rack"], []]
    assert devices[1][0]["chains"] == [{"note": 36, "sample": "/project/36_kick.wav"}]
    assert found["tracks"][3]["name"] == "Drums (take)"
    assert "1 of 2 drum sounds could not be loaded." in found["dialogs"][-1]


def test_cancel_ends_the_job(studio: Studio, desk: Desk) -> None:
    scenario = {"tracks": TRACKS, "select": ["clip", 0], "cancels": True}
    request, found = _play(studio, desk, scenario, lambda r: (studio.storage / "cancel-now").touch())
    assert (desk.home / "jobs" / request["id"] / "cancel").exists()
    assert found["undoSteps"] == 0
    assert found["dialogs"] == []
    assert found["left"] == []


def test_a_refusal_midway_leaves_no_track(studio: Studio, desk: Desk) -> None:
    scenario = {"tracks": TRACKS, "select": ["clip", 0], "refuse": "createClip"}
    request, found = _play(studio, desk, scenario, lambda r: desk.answer(_sized(r), [part("Bass", [[0, 1, 40, 90]])]))
    assert [t["name"] for t in found["tracks"]] == ["Song", "Other"]
    assert "Live refused to make a track or a clip" in found["dialogs"][-1]
    assert not (desk.home / "jobs" / request["id"] / "inserted").exists(), "it can be inserted another time"
    assert found["left"] == []


def test_what_is_lost_is_said_as_the_script_says_it(studio: Studio, desk: Desk) -> None:
    bends = [[0.0, 0.0], [0.5, 0.4]]
    voice = part("Vocals", [[0.1, 0.2, 60, 90]], bends=bends)
    said = ["The beat is not certain.\n", 7, "x" * 9000]

    def answer(request: dict[str, Any]) -> None:
        desk.answer(_sized(request), [voice, part("Bass", [[0, 1, 40, 90]], bends=[[0.0, 0.0]])], warnings=said)

    left = studio.storage / "audio" / "live-1-00.wav"
    left.parent.mkdir()
    left.touch()
    os.utime(left, (time.time() - 90_000,) * 2)
    request, found = _play(studio, desk, {"tracks": TRACKS, "select": ["clip", 0]}, answer)
    midi = desk.home / "jobs" / request["id"] / "song.mid"
    assert f"drag {midi} into the Set to have those of Vocals." in found["dialogs"][-1]
    assert "The beat is not certain. xxx" in found["dialogs"][-1]
    assert len(found["dialogs"][-1]) < 2000
    assert found["left"] == [], "what a Live that was ended left behind goes too"


def test_several_session_clips_come_as_one_and_a_short_one_stops_none(
    studio: Studio, desk: Desk, tmp_path: Path
) -> None:
    clip = {
        "name": "loop", "path": str(sine(tmp_path / "loop.wav", seconds=4.0)), "warping": True, "warpMode": 4,
        "looping": False, "startMarker": 0.0, "endMarker": 8.0,
        "warpMarkers": [{"sampleTime": 0.0, "beatTime": 0.0}, {"sampleTime": 2.0, "beatTime": 4.0}],
    }  # fmt: skip
    slots = [clip, {**clip, "name": "sliver", "endMarker": 0.1}, {**clip, "name": "new", "warpMarkers": []}, clip]
    scenario = {"tracks": [{"name": "Song", "slots": slots}], "select": ["slots", 0]}
    request, found = _play(studio, desk, scenario, lambda r: desk.answer(r, [part("Bass", [[0.4, 0.8, 40, 90]])]))
    assert [i["live"]["place"]["scene"] for i in request["items"]] == [0, 3]
    made = [t for t in found["tracks"] if t["kind"] == "MidiTrack"]
    assert [[i for i, s in enumerate(t["slots"]) if s] for t in made] == [[0], [3]]
    for left_out in ("sliver was left out: This clip is too short", "new was left out: This clip is not analysed"):
        assert left_out in found["dialogs"][-1]
    found = studio.run({"tracks": [{"name": "Song", "slots": [None, None]}], "select": ["slots", 0]})
    assert "Select slots with audio clips." in found["dialogs"][-1]


def test_the_probe_answers_and_leaves_the_set_as_it_was(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Library").mkdir()
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    probe = runpy.run_path(str(SOURCE.parent / "dev" / "probe.py"))["main"]
    assert "dawscribe_probe.ablx" in probe([str(tmp_path / "Library")])
    package = tmp_path / "dawscribe_probe.ablx"
    with zipfile.ZipFile(package) as box:
        box.extractall(studio.extension)
    clip = {
        **CLIP, "path": "/music/take.wav", "startMarker": 0.0, "endMarker": 8.0, "looping": False, "warping": True,
        "warpMode": 4, "warpMarkers": [{"sampleTime": 0.0, "beatTime": 0.0}],
    }  # fmt: skip
    tracks = [{"name": "Song", "clips": [clip]}, {"name": "Other"}]
    found = studio.run({"tracks": tracks, "select": ["clip", 0], "command": "dawscribe.probe", "quits": True})
    assert [t["name"] for t in found["tracks"]] == ["Song", "Other"]
    text = (studio.storage / "dawscribe_probe.txt").read_text(encoding="utf-8")
    for answer in (
        "API version: 1.0.0", "reading the home folder: fails: ERR_ACCESS_DENIED", "a program's words: hello",
        "a change outside a transaction: fails: a change outside withinTransaction",
        'warp markers: [{"sampleTime":0,"beatTime":0}]', "render: seconds, and what the tempo says: [4,4]",
        "render: loudest: 0.1", "render: seconds of the bar at 20: 2", "their places, as they were asked for: [3,2,1]",
        "device Drift: inserted", "device Bass: fails: no reason", "How often must you press Undo",
    ):  # fmt: skip
        assert answer in text, text
    assert "API version: 1.0.0" in found["dialogs"][-1]
    probe([str(tmp_path / "Library"), "--remove"])
    assert not package.exists()


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
