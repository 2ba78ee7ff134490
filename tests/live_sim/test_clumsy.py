"""What goes wrong around the script: odd clips, Sets that close, users that change their mind, daemons that die."""

from __future__ import annotations

import json
import shutil
import time
from typing import Any

import pytest

from bridge.spool.request import parse_request
from tests.live_sim.clip import Clip
from tests.live_sim.desk import part
from tests.live_sim.song import Track
from tests.live_sim.studio import MS, WARPED, Studio, midi_clips, sounding

NOTE = [1.0, 1.4, 40, 90]


def _told(studio: Studio, sentence: str) -> None:
    studio.live.run(lambda: sentence in " ".join(studio.live.messages), between=lambda: time.sleep(0.005))


def _fast(studio: Studio, **seconds: float) -> None:
    """Shorten what the script waits for."""
    type(studio.surface._engine).tick.__globals__.update(seconds)


@pytest.mark.parametrize("length", [0.0, 1e-9])
@pytest.mark.parametrize("looping", [False, True])
@pytest.mark.parametrize("warping", [False, True])
def test_a_clip_without_length_is_refused(length: float, looping: bool, warping: bool, studio: Studio) -> None:
    clip = studio.clip(start=4.0, length=length, warping=warping)
    clip._looping, clip._loop_start, clip._loop_end = looping, 1.0, 1.0 + length
    studio.live.command()
    _told(studio, "too short to transcribe")


def test_a_loop_longer_than_its_file_is_heard_as_far_as_there_is_sound(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=64.0, markers=WARPED)
    clip._looping, clip._loop_start, clip._loop_end = True, 0.0, 32.0
    request = studio.ask()
    audio = request["items"][0]["audio"]
    assert audio["start_s"] + audio["length_s"] == pytest.approx(6.0)
    studio.insert([part("Bass", [NOTE, [5.0, 5.9, 41, 90]])], request)
    heard = sounding(clip, midi_clips(studio.made("Bass")[0])[0])
    assert [h[1] for h in heard] == pytest.approx([1.0, 5.0, 1.0, 5.0], abs=MS)


def test_a_loop_that_repeats_for_an_hour_is_written_so_far_and_it_is_said(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=7200.0, markers=WARPED)
    clip._looping, clip._loop_start, clip._loop_end = True, 0.0, 0.5
    request = studio.ask()
    assert len(request["items"][0]["live"]["passes"]) == 5000
    studio.insert([part("Bass", [[0.0, 0.1, 40, 90]])], request)
    assert "5000 times of it were written" in studio.said
    (midi,) = midi_clips(studio.made("Bass")[0])
    assert len(midi._notes) == 5000


@pytest.mark.parametrize(
    "markers",
    [
        [(3.1, 8.0), (0.0, 0.0), (5.3, 11.0), (1.9, 4.0)],
        [(0.0, 0.0), (1.9, 4.0), (1.9, 4.0), (1.9, 4.5), (3.1, 8.0), (2.0, 9.0), (5.3, 11.0)],
        [(0.0, 0.0), (1.9, 4.0), (float("nan"), 5.0), (2.5, float("inf")), (3.1, 8.0), (5.3, 11.0)],
    ],
    ids=["out of order", "doubled and backwards", "no numbers"],
)
def test_markers_in_any_order_make_the_same_way(markers: list[tuple[float, float]], studio: Studio) -> None:
    studio.clip(start=0.0, length=10.0, markers=markers)
    live = studio.ask()["items"][0]["live"]
    assert live["warp"] == [[0.0, 0.0], [1.9, 4.0], [3.1, 8.0], [5.3, 11.0]]


@pytest.mark.parametrize(("markers", "first"), [([], [0.0, 0.0]), ([(0.5, 2.0)], [0.5, 2.0])])
def test_a_clip_that_is_not_analysed_is_placed_from_its_one_marker_and_it_is_said(
    markers: list[tuple[float, float]], first: list[float], studio: Studio
) -> None:
    studio.live.song.tempo = 90.0
    studio.clip(start=0.0, length=6.0, markers=markers)
    request = studio.ask()
    assert request["items"][0]["live"]["warp"][0] == first
    studio.insert([part("Bass", [NOTE])], request)
    assert "Live has no warp markers of the clip 'take' yet" in studio.said
    (note,) = midi_clips(studio.made("Bass")[0])[0]._notes
    start_s = request["items"][0]["audio"]["start_s"]
    assert note.start_time == pytest.approx((start_s + 1.0 - first[0]) * 1.5 + first[1])


def test_clips_cut_of_one_long_take_send_only_the_markers_that_they_need(studio: Studio) -> None:
    """A live take has a marker every bar; a thousand pieces of it must fit into a request."""
    markers = [(i * 0.01 + 0.001 * (i % 7), float(i)) for i in range(600)]
    song = studio.live.song
    for number in range(200):
        clip = studio.live.audio_clip(studio.track, studio.wav, start=2.5 * number, length=2.5, markers=markers)
        clip._start_marker = 100.3 + number
    song.view.selected_track, song.loop, song.loop_start, song.loop_length = studio.track, True, 0.0, 500.0
    _fast(studio, TICK_S=1.0)
    clips = type(studio.surface._engine).tick.__globals__["selection"].item_of.__globals__
    clips["MIN_LENGTH_S"] = 0.001
    request = studio.ask()
    assert len(request["items"]) == 200
    assert all(len(item["live"]["warp"]) <= 5 for item in request["items"])
    for item in request["items"]:
        (begin, end, _) = item["live"]["passes"][0]
        warp = item["live"]["warp"]
        assert warp[0][1] <= begin < end <= warp[-1][1]
    assert len(json.dumps(request)) < 200_000


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_place_that_is_no_number_is_a_sentence(value: float, studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=8.0, markers=WARPED)
    clip._start_time, clip._end_time = value, value
    studio.live.command()
    studio.live.run(lambda: studio.live.messages)
    assert studio.said.startswith("dawscribe: ")
    assert not list((studio.folder / "home" / "inbox").iterdir())


@pytest.mark.parametrize("name", ["", "\n\t", "\ud800\x1b[31m", "x" * 4000, "Übung 日本 🎸", "../../etc", "{name} %s"])
def test_odd_names_are_names(name: str, studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=8.0)
    clip._name, studio.track._name = name, name
    request = studio.ask()
    parse_request(request)
    studio.insert([part("Bass", [NOTE])], request)
    (track,) = studio.made()
    assert track.name.isprintable()
    assert track.name.startswith("Bass (")
    assert [t.name for t in studio.live.song.tracks].index(track.name) == 1, "below its source"


@pytest.mark.parametrize("selected", ["group", "return", "main", "MIDI"])
def test_a_track_without_clips_of_its_own_is_refused(selected: str, studio: Studio) -> None:
    song = studio.live.song
    track = song._add_audio_track("Group") if selected == "group" else Track(song._world, song, "Return", midi=False)
    track._foldable = selected == "group"
    if selected == "MIDI":
        track = song.create_midi_track(-1)
        track.create_midi_clip(0.0, 4.0)
    song.view.selected_track, song.loop = track, True
    studio.live.command()
    _told(studio, "click an audio clip first")


def test_clips_that_are_off_or_cannot_be_heard_are_left_out_of_a_range(studio: Studio) -> None:
    song = studio.live.song
    good, off, silent, offline = (
        studio.live.audio_clip(studio.track, studio.wav, start=4.0 * i, length=4.0) for i in range(4)
    )
    off._muted, silent._gain_db, offline._file_path = True, float("-inf"), ""
    silent._name, offline._name = "quiet", "lost"
    song.view.selected_track, song.loop, song.loop_start, song.loop_length = studio.track, True, 0.0, 16.0
    request = studio.ask()
    assert [i["live"]["place"]["start_beats"] for i in request["items"]] == [good.start_time]
    studio.insert([part("Bass", [NOTE])], request)
    assert "'quiet' is turned down" in studio.said
    assert "'lost' has no audio file" in studio.said
    good._muted, silent._muted = True, True
    studio.live.command()
    _told(studio, "'lost' has no audio file")
    # Who clicks a clip that is off wants it.
    song.view.detail_clip = off
    assert len(studio.ask()["items"]) == 1


def test_a_clip_in_a_take_lane_is_found_by_its_parents_and_no_slot_is_asked(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = studio.clip(start=0.0, length=8.0)
    lane = Clip(studio.live.world, studio.live.song, start=0, length=1, session=False, audio=True)
    lane._parent, clip._parent = studio.track, lane
    studio.track._clips.clear()
    monkeypatch.setattr("tests.live_sim.song.ClipSlot.has_clip", property(lambda self: pytest.fail("a slot was asked")))
    assert studio.ask()["items"][0]["live"]["place"]["track_index"] == 0


def _updated(studio: Studio, request: dict[str, Any], notes: list[list[float]], revision: int) -> None:
    studio.desk.answer(request, [part("Bass", notes)], revision=revision)
    said = len(studio.live.messages)
    sentences = (f"updated to revision {revision}", f"to revision {revision} (")
    studio.live.run(
        lambda: any(s in m for m in studio.live.messages[said:] for s in sentences), between=lambda: time.sleep(0.01)
    )


def _is_quiet(studio: Studio) -> None:
    """Nothing is changed any more."""
    _fast(studio, LOOK_S=0.0)
    steps, said = len(studio.live.world.undo_steps), len(studio.live.messages)
    for _ in range(20):
        studio.live.tick()
    assert (len(studio.live.world.undo_steps), studio.live.messages[said:]) == (steps, [])


def test_copies_of_a_track_and_of_a_clip_are_brought_to_the_revision_once(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    request = studio.insert([part("Bass", [NOTE])])
    (track,) = studio.made()
    copy = studio.live.song._duplicate_track(track)
    again = track.create_midi_clip(64.0, 8.0)
    again._notes = list(midi_clips(track)[0]._notes)
    _updated(studio, request, [[1.0, 1.4, 45, 90]], 2)
    for clip in (*midi_clips(track), *midi_clips(copy)):
        assert [n.pitch for n in clip._notes] == [45]
    _is_quiet(studio)


@pytest.mark.parametrize("mark", ['{"clips": []}', '{"clips": [[[], []]]}', '{"part": 7}', '{"revision": null}', "7"])
def test_a_mark_that_somebody_wrote_is_nobodys(mark: str, studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    request = studio.insert([part("Bass", [NOTE])])
    (track,) = studio.made()
    other = studio.live.song.create_midi_track(-1)
    ours = json.loads(track.get_data("dawscribe", "{}"))
    odd = json.loads(mark)
    other.set_data("dawscribe", json.dumps({**ours, **odd} if isinstance(odd, dict) else odd))
    _updated(studio, request, [[1.0, 1.4, 45, 90]], 2)
    assert [n.pitch for n in midi_clips(track)[0]._notes] == [45]
    assert not midi_clips(other)
    _is_quiet(studio)


def test_a_frozen_track_stays_and_is_named(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    request = studio.insert([part("Bass", [NOTE])])
    studio.made()[0]._frozen = True
    _updated(studio, request, [[1.0, 1.4, 45, 90]], 2)
    assert 'The track "Bass (take)" is frozen' in studio.said
    assert [n.pitch for n in midi_clips(studio.made()[0])[0]._notes] == [40]
    _is_quiet(studio)


def test_an_update_that_live_refuses_is_said_once_and_tried_again_when_asked(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.clip(start=16.0, length=8.0)
    request = studio.insert([part("Bass", [NOTE])])

    add = Clip.add_new_notes

    def refuse(self: Clip, notes: Any) -> list[int]:
        if any(n.pitch == 45 for n in notes):
            raise RuntimeError("not now")
        return add(self, notes)

    with monkeypatch.context() as patch:
        patch.setattr(Clip, "add_new_notes", refuse)
        _updated(studio, request, [[1.0, 1.4, 45, 90]], 2)
        assert "could not be brought to revision 2 (not now)" in studio.said
        assert [n.pitch for n in midi_clips(studio.made()[0])[0]._notes] == [40], "no clip is left empty"
        _is_quiet(studio)
    assert json.loads((studio.folder / "home" / "jobs" / request["id"] / "inserted").read_text()) == {"revision": 1}
    assert not studio.live.world.is_open
    studio.live.command("insert_finished")
    _told(studio, "updated to revision 2")
    assert [n.pitch for n in midi_clips(studio.made()[0])[0]._notes] == [45]


@pytest.mark.parametrize("end", ["close", "disconnect"])
def test_a_set_or_a_script_that_ends_in_the_middle_leaves_no_half(end: str, studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0)
    request = studio.ask()
    _fast(studio, TICK_S=0.0, INSERT_S=0.0)
    studio.desk.answer(request, [part(f"P{i}", [NOTE]) for i in range(5)])
    studio.live.run(lambda: len(studio.made()) == 2)
    if end == "disconnect":
        studio.surface.disconnect()
        assert not studio.made()
        assert not studio.live.world.is_open
    else:
        studio.live.open("/sets/other.als")
        studio.live.tick()
        studio.live.song._add_audio_track("New")
        assert studio.surface._engine._work == []
        studio.clip(start=0.0, length=8.0)
        studio.track = studio.live.song.tracks[0]
    assert not (studio.folder / "home" / "jobs" / request["id"] / "inserted").exists()


def test_cancel_before_the_daemon_took_it_sends_nothing(studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0)
    home = studio.folder / "home"
    # While the daemon starts ...
    (home / "daemon.json").unlink()
    (home / "launcher.json").write_text(json.dumps({"command": ["/bin/dawscribe"]}))
    studio.surface._engine._start = lambda command: True
    studio.live.command()
    studio.live.run(lambda: "dawscribe: starting." in studio.live.messages)
    studio.live.command("cancel")
    _told(studio, "cancelled")
    studio.desk.beat()
    for _ in range(5):
        studio.live.tick()
    assert not list((home / "inbox").iterdir())
    # ... and while the request waits for it.
    studio.live.command()
    studio.live.run(lambda: list((home / "inbox").iterdir()))
    studio.live.command("cancel")
    studio.live.run(lambda: not list((home / "inbox").iterdir()))
    studio.live.run(lambda: not studio.surface._engine._own)


def test_a_daemon_that_dies_is_started_again_and_a_job_that_is_gone_is_said(studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0)
    started: list[list[str]] = []
    home = studio.folder / "home"
    (home / "launcher.json").write_text(json.dumps({"command": ["/bin/dawscribe"]}))

    def start(command: list[str]) -> bool:
        started.append(command)
        return True

    studio.surface._engine._start = start
    request = studio.ask()
    _fast(studio, LOOK_S=0.0)
    for _ in range(2):
        (home / "daemon.json").unlink()
        for _ in range(3):
            studio.live.tick()
        studio.desk.beat()
        studio.live.tick()
    assert started == [["/bin/dawscribe"]] * 2
    studio.insert([part("Bass", [NOTE])], request)
    request = studio.ask()
    _fast(studio, PATIENCE_S=0.0)
    shutil.rmtree(home / "jobs" / request["id"])
    _told(studio, "gone from dawscribe's home")


def test_a_full_disk_fills_no_log(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(data: object) -> None:
        raise OSError(28, "No space left on device")

    _fast(studio, ANNOUNCE_S=0.0)
    monkeypatch.setattr(studio.surface._engine.spool, "announce", full)
    before = len(studio.live.log)
    for _ in range(50):
        studio.live.tick()
    assert len(studio.live.log) == before + 1


@pytest.mark.parametrize("shots", [[], [{"pitch": 36, "path": "one_shots/36.wav"}]])
def test_the_drums_wait_for_the_extension_where_it_has_sounds_for_them(
    shots: list[dict[str, Any]], studio: Studio
) -> None:
    studio.clip(start=0.0, length=8.0)
    request = studio.ask()
    request["insertion"], request["items"][0]["one_shots"] = {"kit": "extension"}, shots
    studio.insert([part("Drums", [[1.0, 1.1, 36, 90]], drums=True), part("Bass", [NOTE])], request)
    drums, bass = studio.made()
    assert [d.name for d in drums.devices] == ([] if shots else ["909 Core Kit"])
    assert bass.devices
    mark = json.loads((studio.folder / "home" / "jobs" / request["id"] / "inserted").read_text())
    assert mark == {"revision": 1, "whole": True}


def test_an_undone_insertion_stays_undone(studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0)
    request = studio.insert([part("Bass", [NOTE])])
    studio.live.song.undo()
    assert not studio.made()
    studio.desk.answer(request, [part("Bass", [NOTE])], revision=2)
    _is_quiet(studio)
    assert not studio.made()


@pytest.mark.slow
def test_a_thousand_notes_under_a_thousand_passes_block_no_tick(studio: Studio) -> None:
    """However much there is to write: a step is some milliseconds of Live's thread."""
    clip = studio.clip(start=0.0, length=2000.0, markers=WARPED)
    clip._looping, clip._loop_start, clip._loop_end = True, 0.0, 2.0
    request = studio.ask()
    notes = [[round(i * 0.0009, 4), round(i * 0.0009 + 0.0008, 4), i % 100 + 10, 90] for i in range(1000)]
    _fast(studio, TICK_S=0.0, INSERT_S=0.0)
    inserting = type(studio.surface._engine).tick.__globals__["insert"].__globals__
    for module in (inserting, inserting["Placing"].notes.__globals__):
        module.update(MAX_PLACED=40_000, MIN_BEATS=1e-6)
    studio.desk.answer(request, [part("Bass", notes)])
    written: list[int] = [0]
    ticks = 0
    while "notes on" not in studio.said:
        before = written[-1]
        began = time.process_time()
        studio.live.tick()
        assert time.process_time() - began < 4.0, "a step that goes through everything takes many times that"
        tracks = studio.made()
        clips = midi_clips(tracks[0]) if tracks else []
        written.append(len(clips[0]._notes) if clips else 0)
        assert written[-1] - before <= 2000
        ticks += 1
    assert ticks > 40_000 / 2000
    assert 30_000 < written[-1] <= 40_000
    assert "notes were written: its loop plays so often" in studio.said
