"""The user goes on working while a job runs: the notes come to where the sound is by then."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path

import pytest

from tests.live_sim.desk import part
from tests.live_sim.studio import MS, WARPED, Studio, midi_clips, sounding

NOTES = [[1.0, 1.4, 40, 90], [2.5, 2.9, 41, 90], [4.0, 4.2, 42, 90]]


@pytest.mark.parametrize("warping", [True, False])
@pytest.mark.parametrize(
    ("start", "end", "slip"),
    [(4.0, 4.0, 0.0), (2.0, 0.0, 2.0), (0.0, -3.0, 0.0), (0.0, 0.0, 1.0), (6.0, 3.0, 2.0)],
    ids=["moved", "begins later", "ends earlier", "slipped", "moved and cut"],
)
def test_a_clip_that_was_edited_keeps_its_notes_under_its_sound(
    start: float, end: float, slip: float, warping: bool, studio: Studio
) -> None:
    studio.live.song.tempo = 150.0
    more = {"markers": WARPED} if warping else {}
    clip = studio.clip(start=16.0, length=12.0, warping=warping, **more)
    request = studio.ask()
    clip._start_time, clip._end_time = 16.0 + start, 28.0 + end
    clip._start_marker += slip if warping else slip * 60 / 150
    studio.insert([part("Bass", NOTES)], request)
    (midi,) = midi_clips(studio.made("Bass")[0])
    clip._start_time, clip._end_time, clip._start_marker = 16.0 + start - slip, 60.0, 0.0
    assert [h[1] for h in sounding(clip, midi)] == pytest.approx([n[0] for n in NOTES], abs=MS)
    assert midi.length == pytest.approx(12.0)


def test_a_session_clip_that_begins_behind_its_loop_plays_on(studio: Studio) -> None:
    clip = studio.clip(scene=1, start=0.0, length=10.0, markers=WARPED)
    clip._looping, clip._start_marker, clip._end_marker, clip._loop_start, clip._loop_end = True, 6.0, 10.0, 2.0, 5.0
    request = studio.ask()
    audio = request["items"][0]["audio"]
    assert audio["start_s"] == pytest.approx(clip._second_of_beat(6.0))
    assert audio["length_s"] == pytest.approx(clip._second_of_beat(10.0) - clip._second_of_beat(6.0))
    studio.insert([part("Bass", [[0.5, 0.9, 40, 90]])], request)
    midi = studio.made("Bass")[0].clip_slots[1].clip
    assert midi is not None
    assert (midi.looping, midi.start_marker, midi.end_marker) == (False, 0.0, 4.0)


def _slowly(studio: Studio) -> None:
    """One step of the work in each tick, so that there is a middle of it."""
    type(studio.surface._engine).tick.__globals__.update(TICK_S=0.0, INSERT_S=0.0)


def _tick(studio: Studio, times: int = 80) -> None:
    for _ in range(times):
        studio.live.tick()


@pytest.mark.parametrize("made", [1, 3, 8])
def test_undo_in_the_middle_of_an_insertion_leaves_no_half_and_stays(made: int, studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0, markers=WARPED)
    request = studio.ask()
    _slowly(studio)
    studio.desk.answer(request, [part(f"P{i}", [NOTES[0]]) for i in range(8)])
    studio.live.run(lambda: len(studio.made()) == made)
    studio.live.song.undo()
    studio.live.run(lambda: "were undone while they were made" in studio.said)
    assert [t.name for t in studio.live.song.tracks] == ["Song", "Other"]
    assert not studio.live.world.is_open
    studio.live.command("insert_finished")
    _tick(studio)
    assert not studio.made()


def test_tracks_that_come_and_go_in_the_middle_do_not_scatter_the_others(studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0, markers=WARPED)
    request = studio.ask()
    _slowly(studio)
    studio.desk.answer(request, [part(f"P{i}", [NOTES[0]]) for i in range(6)])
    studio.live.run(lambda: len(studio.made()) == 3)
    studio.live.song.delete_track(1)
    studio.live.run(lambda: len(studio.made()) == 4)
    studio.live.song.create_midi_track(0)
    studio.live.run(lambda: "notes on" in studio.said)
    names = [t.name for t in studio.live.song.tracks]
    assert names == ["1-MIDI", "Song", *(f"P{i} (take)" for i in range(1, 6)), "Other"]


def test_two_tracks_of_one_name_each_get_their_own(studio: Studio) -> None:
    studio.track.name = studio.other.name = "Vox"
    studio.clip(start=0.0, length=8.0, markers=WARPED)
    request = studio.ask()
    first = request["items"][0]
    second = copy.deepcopy(first)
    second["live"]["place"]["track_index"] = 1
    # As the extension sends a range over two tracks.
    sent = {**request, "id": "live-extension-1", "items": [first, second], "inserter": studio.surface._engine.session}
    (studio.folder / "home" / "inbox" / "live-extension-1.json").write_text(json.dumps(sent))
    assert studio.desk.take()
    studio.desk.answer(sent, [part("Bass", NOTES), part("Keys", NOTES)])
    studio.live.run(lambda: "notes on" in studio.said, between=lambda: time.sleep(0.02))
    assert [t.name for t in studio.live.song.tracks] == ["Vox", "Bass (take)", "Keys (take)"] * 2


def test_a_clip_at_the_first_beat_that_was_slipped_loses_what_would_lie_before_it(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=12.0, markers=WARPED)
    request = studio.ask()
    clip._start_marker = 3.0
    studio.insert([part("Bass", NOTES)], request)
    (midi,) = midi_clips(studio.made("Bass")[0])
    assert (midi.start_time, midi.length) == (0.0, 9.0)
    assert [h[1] for h in sounding(clip, midi)] == pytest.approx([2.5, 4.0], abs=MS)


def test_a_loop_that_was_cut_at_its_beginning_keeps_its_notes(studio: Studio) -> None:
    clip = studio.clip(start=8.0, length=12.0, markers=WARPED)
    clip._looping, clip._loop_start, clip._loop_end = True, 0.0, 4.0
    request = studio.ask()
    # Live lets the marker go round the loop: a beat into its second pass.
    clip._start_time, clip._start_marker = 13.0, 1.0
    studio.insert([part("Bass", [[0.5, 0.9, 40, 90]])], request)
    (midi,) = midi_clips(studio.made("Bass")[0])
    beat = 0.5 * 4.0 / 1.9
    assert [n.start_time + midi.start_time - 8.0 for n in midi._notes] == pytest.approx([beat, 4 + beat, 8 + beat])


def test_a_deleted_track_and_a_switched_warp_are_no_trouble(studio: Studio) -> None:
    clip = studio.clip(start=16.0, length=8.0, markers=WARPED)
    request = studio.ask()
    clip._warping, clip._start_time, clip._start_marker = False, 20.0, 1.5
    studio.insert([part("Bass", NOTES)], request)
    assert midi_clips(studio.made("Bass")[0])[0].start_time == 20.0
    request = studio.ask()
    studio.live.song.delete_track(0)
    clip._die()
    studio.insert([part("Keys", NOTES)], request)
    assert "The track of the clip is gone, so the new tracks stand at the end." in studio.said
    assert studio.live.song.tracks[-1].name == "Keys (take)"


@pytest.mark.parametrize("path", ["/sets/one.als", ""])
def test_a_set_that_was_closed_is_named_when_its_job_is_done(path: str, tmp_path: Path) -> None:
    studio = Studio(tmp_path, path=path)
    with studio.live.running() as studio.surface:
        studio.clip(start=16.0, length=8.0)
        request = studio.ask()
        type(studio.surface._engine).tick.__globals__.update(LOOK_S=0.0)
        studio.live.open("/sets/two.als")
        _tick(studio, 3)
        studio.desk.answer(request, [part("Bass", NOTES)])
        _tick(studio, 9)
        said = [m for m in studio.live.messages if "finished transcription is closed" in m]
        assert len(said) == 1, "once"
        assert ("open it and its tracks appear" if path else f"show {request['id']} --open") in said[0]
        assert not studio.made()
        request = {**request, "id": "live-00000-other", "host": "reaper"}
        (tmp_path / "home" / "inbox" / "live-00000-other.json").write_text(json.dumps(request))
        assert studio.desk.take()
        _tick(studio, 3)
        studio.desk.answer(request, [part("Bass", NOTES)])
        _tick(studio, 9)
        assert [m for m in studio.live.messages if "finished transcription is closed" in m] == said


def test_a_key_that_another_writer_wrote_as_a_fraction_is_a_key(studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0, markers=WARPED)
    drums = part("Drums", [[1.0, 1.4, 36.0, 90]], drums=True)
    studio.insert([part("Bass", [[1.0, 1.4, 40.0, 90]]), drums])
    assert [midi_clips(t)[0]._notes[0].pitch for t in studio.made()] == [40, 36]
