"""The Remote Script inside the simulated Live: what it sends, what it inserts and where, and what it leaves alone."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.live_sim.clip import REPITCH, Clip
from tests.live_sim.desk import part
from tests.live_sim.song import Track
from tests.live_sim.studio import MS, WARPED, Studio, midi_clips, rows_of, sounding


def test_a_warped_clip_is_sent_as_it_is_and_its_notes_lie_under_its_sound(studio: Studio) -> None:
    clip = studio.clip(start=16.0, length=10.0, markers=WARPED)
    request = studio.ask(quantise="1/16")
    assert request["host"] == "live"
    assert request["options"] == {"quantise": "1/16"}
    audio = request["items"][0]["audio"]
    assert audio["path"] == str(studio.wav)
    assert (audio["start_s"], audio["gain"]) == (0.0, 1.0)
    assert audio["length_s"] == pytest.approx(clip._second_of_beat(10.0))
    rows = rows_of(audio["length_s"])
    studio.insert([part("Bass", rows)], request)
    track = studio.made("Bass")[0]
    assert [t.name for t in studio.live.song.tracks] == ["Song", "Bass (take)", "Other"]
    (midi,) = midi_clips(track)
    assert (midi.start_time, midi.end_time) == (16.0, 26.0)
    heard = sounding(clip, midi)
    assert len(heard) == len(rows)
    for (pitch, on, off), row in zip(heard, rows, strict=True):
        assert pitch == row[2]
        assert on == pytest.approx(row[0], abs=MS)
        assert off == pytest.approx(row[1], abs=MS)
    assert [n.velocity for n in midi.get_notes_extended(0, 128, -9, 99)] == [r[3] for r in rows]


@pytest.mark.parametrize("frames", [False, True])
def test_markers_in_frames_are_noticed(frames: bool, studio: Studio) -> None:
    clip = studio.clip(start=4.0, length=10.0, markers=WARPED, markers_in_frames=frames)
    studio.insert([part("Bass", [[1.0, 1.5, 50, 90], [4.0, 4.5, 51, 90]])])
    heard = sounding(clip, midi_clips(studio.made("Bass")[0])[0])
    assert [h[1] for h in heard] == pytest.approx([1.0, 4.0], abs=MS)


def test_a_loop_is_heard_once_and_written_as_often_as_it_plays(studio: Studio) -> None:
    clip = studio.clip(start=8.0, length=9.5, markers=WARPED)
    clip._looping, clip._start_marker, clip._loop_start, clip._loop_end = True, 1.0, 2.0, 5.0
    request = studio.ask()
    audio = request["items"][0]["audio"]
    assert audio["start_s"] == pytest.approx(clip._second_of_beat(1.0))
    assert audio["start_s"] + audio["length_s"] == pytest.approx(clip._second_of_beat(5.0))
    rows = rows_of(audio["length_s"], seed=3)
    studio.insert([part("Keys", rows)], request)
    (midi,) = midi_clips(studio.made("Keys")[0])
    heard = sounding(clip, midi)
    first = [r[0] + audio["start_s"] for r in rows]
    # Every onset of the simulation's playback is there, and nothing else.
    expected = []
    for beat in (b / 2000 for b in range(int(8.0 * 2000), int(17.5 * 2000))):
        now, then = clip.source_second(beat), clip.source_second(min(beat + 1 / 2000, 17.4999999))
        assert now is not None
        assert then is not None
        expected += [f for f in first if now <= f < then]
    assert sorted(h[1] for h in heard) == pytest.approx(sorted(expected), abs=MS)
    for pitch, on, _ in heard:
        row = next(r for r in rows if r[2] == pitch)
        assert on == pytest.approx(row[0] + audio["start_s"], abs=MS)
    assert all(n.start_time + n.duration <= 9.5 + 1e-9 for n in midi.get_notes_extended(0, 128, 0, 99))


def test_a_start_marker_behind_the_loop_plays_on(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=4.0, markers=WARPED)
    clip._looping, clip._start_marker, clip._loop_start, clip._loop_end = True, 6.0, 2.0, 5.0
    audio = studio.ask()["items"][0]["audio"]
    assert audio["start_s"] == pytest.approx(clip._second_of_beat(6.0))
    assert audio["length_s"] == pytest.approx(clip._second_of_beat(10.0) - clip._second_of_beat(6.0))


@pytest.mark.parametrize(("coarse", "fine"), [(0, 0.0), (3, 0.0), (-12, 25.0)])
def test_without_warp_the_tempo_of_the_set_counts_and_a_transposed_clip_runs_like_a_tape(
    coarse: int, fine: float, studio: Studio
) -> None:
    studio.live.song.tempo = 97.0
    clip = studio.clip(start=3.0, length=4.0, warping=False)
    clip._pitch_coarse, clip._pitch_fine, clip._start_marker = coarse, fine, 0.7
    request = studio.ask()
    audio = request["items"][0]["audio"]
    rate = 2 ** ((coarse + fine / 100) / 12)
    assert audio["start_s"] == pytest.approx(0.7)
    assert audio["length_s"] == pytest.approx(4 * 60 / 97 * rate)
    rows = rows_of(audio["length_s"], seed=5)
    studio.insert([part("Bass", rows)], request)
    heard = sounding(clip, midi_clips(studio.made("Bass")[0])[0])
    assert [h[1] for h in heard] == pytest.approx([r[0] + 0.7 for r in rows], abs=MS)
    assert [h[0] for h in heard] == [r[2] + coarse for r in rows]
    said = " ".join(studio.live.messages)
    assert ("detuned by +25 cents" in said) == (fine == 25.0)


def test_a_warped_clip_keeps_its_speed_and_is_transposed_but_not_its_drums(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=8.0, markers=WARPED)
    clip._pitch_coarse = 5
    studio.insert([part("Bass", [[1.0, 1.5, 50, 90]]), part("Drums", [[1.0, 1.1, 36, 90]], drums=True)])
    assert sounding(clip, midi_clips(studio.made("Bass")[0])[0])[0][0] == 55
    assert sounding(clip, midi_clips(studio.made("Drums")[0])[0])[0][0] == 36


def test_repitch_follows_the_speed_of_the_warp(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=8.0, markers=[(0.0, 0.0), (2.0, 4.0), (3.0, 8.0), (3.1, 8.4)])
    clip._warp_mode, clip._pitch_coarse = REPITCH, 7
    studio.insert([part("Bass", [[1.0, 1.5, 50, 90], [2.5, 2.9, 50, 90]])])
    # The second half plays its file at half the speed: an octave down. The knobs are out of use in this mode.
    assert [h[0] for h in sounding(clip, midi_clips(studio.made("Bass")[0])[0])] == [50, 38]


def test_gain_silence_and_slivers(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=4.0)
    clip._gain_db = -6.0
    assert studio.ask()["items"][0]["audio"]["gain"] == pytest.approx(0.5012, abs=1e-4)
    for change, sentence in (("gain", "turned down to silence"), ("length", "too short"), ("file", "no audio file")):
        clip._gain_db, clip._end_time, clip._file_path = 0.0, 4.0, str(studio.wav)
        if change == "gain":
            clip._gain_db = float("-inf")
        elif change == "length":
            clip._end_time = 0.1
        else:
            clip._file_path = ""
        studio.live.command()
        studio.live.run(lambda sentence=sentence: sentence in studio.said)  # type: ignore[misc]
        assert not list((studio.folder / "home" / "inbox").iterdir())


def test_a_clip_that_begins_before_its_file_is_right_too(studio: Studio) -> None:
    clip = studio.clip(start=4.0, length=6.0, markers=WARPED)
    clip._start_marker = -2.0
    request = studio.ask()
    assert request["items"][0]["audio"]["start_s"] == 0.0
    studio.insert([part("Bass", [[0.5, 0.9, 50, 90]])], request)
    assert sounding(clip, midi_clips(studio.made("Bass")[0])[0])[0][1] == pytest.approx(0.5, abs=MS)


def test_one_undo_step_takes_everything_back(studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0)
    parts = [
        part(n, rows_of(3.0, seed=i)) for i, n in enumerate(("Drums", "Bass", "Vocals", "Guitar", "Piano", "Other"))
    ]
    studio.insert(parts)
    assert len(studio.made()) == 6
    assert len(studio.live.world.undo_steps) == 1
    assert not studio.live.world.is_open
    studio.live.song.undo()
    assert [t.name for t in studio.live.song.tracks] == ["Song", "Other"]


def test_names_colours_instruments_and_selection(studio: Studio) -> None:
    clip = studio.clip(start=0.0, length=8.0)
    studio.live.song.view.selected_track = studio.track
    studio.insert(
        [
            part("Drums", [[0.1, 0.2, 36, 90]], drums=True, role="drums"),
            part("Bass", [[0.1, 0.2, 40, 90]], instruments=["Serum", "Operator", "Drift"]),
            part("Vocals", [[0.1, 0.2, 60, 90]], instruments=[]),
        ]
    )
    drums, bass, vocals = studio.made()
    assert [t.name for t in (drums, bass, vocals)] == ["Drums (take)", "Bass (take)", "Vocals (take)"]
    assert [t.devices[0].name for t in (drums, bass, vocals)] == ["909 Core Kit", "Operator", "Drift"]
    assert len({t.color for t in (drums, bass, vocals)}) == 3
    assert all(midi_clips(t)[0].color == t.color for t in (drums, bass, vocals))
    assert studio.live.song.view.selected_track is studio.track
    assert studio.live.song.view.detail_clip is clip
    assert 'The instrument "Serum" is not in this Live.' in studio.said


def test_bends_are_named_with_the_file_that_has_them(studio: Studio) -> None:
    studio.clip(start=0.0, length=8.0)
    bends = [[0.0, 0.0], [0.5, 0.4]]
    request = studio.insert([part("Vocals", [[0.1, 0.2, 60, 90]], bends=bends), part("Bass", [[0.1, 0.2, 40, 90]])])
    midi = str(studio.folder / "home" / "jobs" / request["id"] / "song.mid")
    assert f"drag {midi} into the Set to have those of Vocals." in studio.said


def test_a_session_clip_comes_back_in_its_scene_with_its_loop(studio: Studio) -> None:
    clip = studio.clip(scene=2, start=0.0, length=8.0, markers=WARPED)
    clip._looping, clip._start_marker, clip._loop_start, clip._loop_end = True, 1.0, 2.0, 6.0
    request = studio.ask()
    start_s = request["items"][0]["audio"]["start_s"]
    assert start_s == pytest.approx(clip._second_of_beat(1.0))
    studio.insert([part("Bass", [[0.1, 0.4, 40, 90], [1.5, 1.9, 43, 90]])], request)
    track = studio.made("Bass")[0]
    assert not track.arrangement_clips
    midi = track.clip_slots[2].clip
    assert midi is not None
    assert (midi.start_marker, midi.loop_start, midi.loop_end, midi.looping) == (0.0, 1.0, 5.0, True)
    beats = [n.start_time for n in midi.get_notes_extended(0, 128, -9, 99)]
    assert [clip._second_of_beat(1.0 + b) for b in beats] == pytest.approx([start_s + 0.1, start_s + 1.5], abs=MS)


def test_a_session_clip_without_warp_and_without_loop(studio: Studio) -> None:
    clip = studio.clip(scene=0, start=0.0, length=8.0, warping=False)
    clip._start_marker, clip._end_marker = 1.0, 3.0
    request = studio.ask()
    assert request["items"][0]["audio"]["start_s"] == 1.0
    assert request["items"][0]["audio"]["length_s"] == pytest.approx(2.0)
    studio.insert([part("Bass", [[0.5, 0.9, 40, 90]])], request)
    midi = studio.made("Bass")[0].clip_slots[0].clip
    assert midi is not None
    assert midi.get_notes_extended(0, 128, 0, 9)[0].start_time == pytest.approx(1.0)
    assert (midi.looping, midi.end_marker) == (False, 4.0)


def test_the_clips_under_the_loop_brace_come_as_one_insertion(studio: Studio) -> None:
    song = studio.live.song
    first = studio.live.audio_clip(studio.track, studio.wav, start=0.0, length=8.0, markers=WARPED)
    second = studio.live.audio_clip(studio.track, studio.wav, start=8.0, length=8.0, warping=False)
    studio.live.audio_clip(studio.track, studio.wav, start=20.0, length=4.0)
    song.view.detail_clip, song.view.selected_track = None, studio.track
    song.loop, song.loop_start, song.loop_length = True, 2.0, 10.0
    request = studio.ask()
    assert [i["audio"]["start_s"] for i in request["items"]] == pytest.approx([first._second_of_beat(2.0), 0.0])
    assert request["items"][1]["audio"]["length_s"] == pytest.approx(2.0)
    studio.insert([part("Bass", [[0.5, 0.9, 40, 90]])], request)
    (track,) = studio.made("Bass")
    one, two = midi_clips(track)
    assert [(c.start_time, c.end_time) for c in (one, two)] == [(2.0, 8.0), (8.0, 12.0)]
    assert sounding(first, one)[0][1] == pytest.approx(first._second_of_beat(2.0) + 0.5, abs=MS)
    assert sounding(second, two)[0][1] == pytest.approx(0.5, abs=MS)
    assert len(studio.live.world.undo_steps) == 1


def test_nothing_usable_is_selected(studio: Studio) -> None:
    song = studio.live.song
    midi = song.create_midi_track(-1)
    for clip, sentence in ((None, "click an audio clip first"), (midi.create_midi_clip(0, 4), "holds MIDI already")):
        song.view.detail_clip, song.view.selected_track = clip, studio.track
        studio.live.command()
        studio.live.run(lambda sentence=sentence: sentence in studio.said)  # type: ignore[misc]


def test_an_automated_tempo_is_noticed_where_it_matters(studio: Studio) -> None:
    studio.live.song._automate_tempo([(0.0, 100.0), (8.0, 140.0)])
    warped = studio.clip(start=4.0, length=10.0, markers=WARPED)
    request = studio.insert([part("Bass", [[1.0, 1.4, 40, 90], [4.0, 4.4, 41, 90]])])
    assert request["tempo"] == {"bpm": 100.0, "automated": True}
    assert "automated" not in studio.said
    # Beats are beats: under a warped clip the notes are right all the same.
    heard = sounding(warped, midi_clips(studio.made("Bass")[0])[0])
    assert [h[1] for h in heard] == pytest.approx([1.0, 4.0], abs=MS)
    studio.clip(start=4.0, length=10.0, warping=False)
    studio.insert([part("Keys", [[1.0, 1.4, 40, 90]])])
    assert "The tempo of this Set is automated" in studio.said


def test_before_live_12_2_a_clip_goes_through_a_slot(tmp_path: Path) -> None:
    studio = Studio(tmp_path, version=(11, 3, 0))
    with studio.live.running():
        clip = studio.clip(start=16.0, length=8.0)
        studio.insert([part("Bass", [[1.0, 1.4, 40, 90]])])
        (track,) = studio.made("Bass")
        assert not any(s.has_clip for s in track.clip_slots)
        assert sounding(clip, midi_clips(track)[0])[0][1] == pytest.approx(1.0, abs=MS)
        assert track.devices[0].name == "Drift"
        studio.live.song.undo()
        assert not studio.made()


def test_live_10_keeps_the_clips_in_the_session_and_says_so(tmp_path: Path) -> None:
    studio = Studio(tmp_path, version=(10, 1, 0))
    with studio.live.running():
        clip = studio.clip(scene=0, start=0.0, length=8.0)
        clip._warping = False
        studio.insert([part("Bass", [[1.0, 1.4, 40, 90]])])
        midi = studio.made("Bass")[0].clip_slots[0].clip
        assert midi is not None
        assert [n.pitch for n in midi._notes] == [40]


def test_the_clip_may_move_and_its_track_may_go_while_the_job_runs(studio: Studio) -> None:
    clip = studio.clip(start=16.0, length=8.0)
    request = studio.ask()
    clip._start_time, clip._end_time = 32.0, 40.0
    studio.live.song.create_midi_track(0)
    studio.insert([part("Bass", [[1.0, 1.4, 40, 90]])], request)
    assert [t.name for t in studio.live.song.tracks] == ["1-MIDI", "Song", "Bass (take)", "Other"]
    assert midi_clips(studio.made("Bass")[0])[0].start_time == 32.0
    request = studio.ask()
    studio.live.song.delete_track(1)
    studio.insert([part("Keys", [[1.0, 1.4, 40, 90]])], request)
    assert studio.live.song.tracks[-1].name == "Keys (take)"


def test_a_frozen_refusal_leaves_nothing_behind_and_the_job_can_be_inserted_later(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    request = studio.ask()
    kept = Track.create_midi_clip

    def refuse(self: Track, start_time: float, length: float) -> Clip:
        if len(studio.made()) == 2:
            raise RuntimeError("Track is frozen")
        return kept(self, start_time, length)

    Track.create_midi_clip = refuse  # type: ignore[method-assign]
    try:
        studio.insert([part("Bass", [[1, 2, 40, 90]]), part("Keys", [[1, 2, 50, 90]])], request)
    finally:
        Track.create_midi_clip = kept  # type: ignore[method-assign]
    assert "could not be made (Track is frozen); nothing was changed" in studio.said
    assert [t.name for t in studio.live.song.tracks] == ["Song", "Other"]
    assert not (studio.folder / "home" / "jobs" / request["id"] / "inserted").exists()


def test_a_set_that_closes_gets_its_tracks_when_it_is_open_again(tmp_path: Path) -> None:
    studio = Studio(tmp_path, path="/sets/one.als")
    with studio.live.running():
        studio.clip(start=16.0, length=8.0)
        request = studio.ask()
        assert request["set"] == "/sets/one.als"
        studio.live.open("/sets/two.als")
        studio.desk.answer(request, [part("Bass", [[1, 2, 40, 90]])])
        for _ in range(5):
            studio.live.tick()
        assert not studio.live.song.tracks
    studio.live.open("/sets/one.als")
    studio.live.song._add_audio_track("Song")
    # Live is started anew: the script knows nothing but what lies in the spool.
    with studio.live.running():
        studio.live.run(lambda: studio.made("Bass"))
        studio.live.run(lambda: "notes on" in studio.said)
        assert [t.name for t in studio.live.song.tracks] == ["Song", "Bass (take)"]
        assert midi_clips(studio.made("Bass")[0])[0].start_time == 16.0
    with studio.live.running():
        for _ in range(30):
            studio.live.tick()
        assert len(studio.made()) == 1, "inserted twice"


def test_a_request_of_the_extension_is_inserted_by_the_script(studio: Studio) -> None:
    studio.live.tick()
    announced = json.loads((studio.folder / "home" / "hosts" / "live.json").read_text())
    assert abs(announced["heartbeat"] - time.time()) < 60
    clip = studio.clip(start=16.0, length=8.0)
    request = studio.ask()
    # The same clip, as the extension sends it: rendered, so that its seconds are those of the song.
    place = {**request["items"][0]["live"]["place"], "asked_beats": None}
    live = {"start_s": 0.0, "warp": [], "rate": 1.0, "passes": [[0.0, 4.0, 0.0]], "semitones": 0.0, "place": place}
    item = {"name": "take", "audio": {"path": "/render.wav", "length_s": 4.0}, "live": live}
    sent = {**request, "id": "live-extension-1", "items": [item], "inserter": announced["session"]}
    (studio.folder / "home" / "inbox" / "live-extension-1.json").write_text(json.dumps(sent))
    assert studio.desk.take()
    studio.desk.answer(sent, [part("Bass", [[1.0, 1.4, 40, 90]])])
    studio.live.run(lambda: "notes on" in studio.said, between=lambda: time.sleep(0.02))
    assert sounding(clip, midi_clips(studio.made("Bass")[0])[0])[0][1] == pytest.approx(1.0, abs=MS)


def test_a_home_full_of_jobs_is_gone_through_tick_by_tick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio(tmp_path, path="/sets/one.als")
    for number in range(60):
        folder = tmp_path / "home" / "jobs" / f"reaper-00000-{number:06d}"
        folder.mkdir()
        (folder / "status.json").write_text('{"protocol": 1, "state": "done", "revision": 1}')
        (folder / "request.json").write_text('{"protocol": 1, "host": "reaper"}')
    with studio.live.running() as surface:
        spool = surface._engine.spool
        reads: list[int] = [0]
        status = spool.status

        def counted(job: str) -> Any:
            reads[0] += 1
            return status(job)

        monkeypatch.setattr(spool, "status", counted)
        seen = []
        for _ in range(12):
            before = reads[0]
            studio.live.tick()
            seen.append(reads[0] - before)
        assert max(seen) <= 10
        assert sum(seen) == 60, "each is looked at, and none twice"


def test_update_to_a_revision_keeps_what_the_user_changed(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    old = [part("Bass", [[1, 2, 40, 90]]), part("Keys", [[1, 2, 60, 90]]), part("Pad", [[1, 2, 70, 90]])]
    request = studio.insert(old)
    bass, keys, pad = studio.made()
    midi_clips(bass)[0]._start_time = 48.0
    changed = midi_clips(keys)[0]
    changed._notes[0].pitch = 61
    folder = studio.folder / "home" / "jobs" / request["id"]
    assert json.loads((folder / "inserted").read_text())["revision"] == 1
    steps = len(studio.live.world.undo_steps)
    new = [
        part("Bass", [[1, 2, 41, 90], [2, 3, 43, 80]]),
        part("Keys", [[1, 2, 65, 90]]),
        part("Lead", [[0, 1, 80, 9]]),
    ]
    studio.desk.answer(request, new, revision=3)
    studio.live.run(lambda: "updated to revision 3" in studio.said, between=lambda: time.sleep(0.02))
    assert [n.pitch for n in midi_clips(bass)[0]._notes] == [41, 43]
    assert midi_clips(bass)[0].start_time == 48.0, "it stays where the user put it"
    assert [n.pitch for n in changed._notes] == [61]
    assert pad.mute
    assert [n.pitch for n in midi_clips(studio.made("Lead")[0])[0]._notes] == [80]
    said = studio.said
    assert 'You changed the notes of "Keys"' in said
    assert 'The part "Pad (take)" is no longer' in said
    assert json.loads((folder / "inserted").read_text())["revision"] == 3
    assert len(studio.live.world.undo_steps) == steps + 1
    studio.live.song.undo()
    assert [n.pitch for n in midi_clips(bass)[0]._notes] == [40]
    assert not pad.mute


def test_hostile_results_change_nothing(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    request = studio.ask()
    good = part("Bass", [[1, 2, 40, 90]])
    bad: list[dict[str, Any]] = [
        {"notes": [[1, 2, 400, 90]]}, {"notes": [[2, 1, 40, 90]]}, {"notes": "many"}, {"notes": [["a", 2, 3, 4]]},
        {"notes": [[1, 2, 40.5, 90]]}, {"notes": [[1, 1e99, 40, 90]]}, {"notes": [[True, 2, 40, 90]]},
    ]  # fmt: skip
    for change in bad:
        studio.insert([{**good, **change}], request)
        assert "damaged" in studio.said
        assert not studio.made()
        request = studio.ask()
    wrong: list[dict[str, Any]] = [{"protocol": 2}, {"items": []}, {"items": [{"parts": []}]}, {"id": "../../etc"}]
    for more in wrong:
        studio.insert([good], request, **more)
        assert not studio.made()
        request = studio.ask()


def test_a_failed_a_cancelled_and_a_silent_job_end_with_a_sentence(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    request = studio.ask()
    studio.desk.status(request["id"], "failed", message="take.wav is damaged;\nexport the audio again.")
    studio.live.run(lambda: studio.said == "take.wav is damaged; export the audio again.")
    request = studio.ask()
    studio.live.command("cancel")
    studio.live.run(lambda: (studio.folder / "home" / "jobs" / request["id"] / "cancel").exists())
    studio.desk.status(request["id"], "cancelled")
    studio.live.run(lambda: studio.said == "dawscribe: cancelled.")
    studio.insert([])
    assert "no notes were heard" in studio.said
    assert not studio.made()


def test_old_commands_are_dropped_and_progress_is_shown(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    studio.live.command()
    command = studio.folder / "home" / "commands" / "live.json"
    command.write_text(json.dumps({"command": "transcribe_selected", "time": time.time() - 60}))
    for _ in range(3):
        studio.live.tick()
    assert not command.exists()
    assert studio.desk.take() is None
    studio.ask()
    studio.live.run(lambda: "dawscribe: separating 40%" in studio.live.messages, between=lambda: time.sleep(0.02))


def test_a_daemon_that_cannot_be_used_is_said(studio: Studio) -> None:
    studio.clip(start=16.0, length=8.0)
    studio.desk.beat(protocol=9)
    studio.live.command()
    studio.live.run(lambda: "speaks protocol 9" in studio.said)
    (studio.folder / "home" / "daemon.json").unlink()
    studio.live.command()
    studio.live.run(lambda: 'run "dawscribe setup live"' in studio.said)


def test_a_change_inside_a_notification_is_refused_by_live_and_the_script_makes_none(studio: Studio) -> None:
    studio.live.world.notifying = True
    with pytest.raises(RuntimeError, match="Changes cannot be triggered by notifications"):
        studio.live.song.create_midi_track(-1)
    studio.live.world.notifying = False


@pytest.mark.slow
def test_a_dense_song_is_inserted_in_slices_and_still_one_undo_step(studio: Studio) -> None:
    """With no time at all in a tick, each still makes one step: at most a track, a clip or its notes."""
    studio.clip(start=0.0, length=8.0, markers=WARPED)
    many = [[round(i * 0.0012, 4), round(i * 0.0012 + 0.01, 4), i % 100 + 10, 90] for i in range(2500)]
    request = studio.ask()
    engine = type(studio.surface._engine).tick.__globals__
    engine.update(TICK_S=0.0, INSERT_S=0.0)
    studio.desk.answer(request, [part(f"P{i}", many) for i in range(8)])
    changes: list[int] = []
    seen: list[int] = [0]

    def count() -> None:
        world = studio.live.world
        now = len(world._open or ()) if world.is_open else seen[0]
        changes.append(now - seen[0])
        seen[0] = now

    studio.live.run(lambda: "notes on" in studio.said, between=count)
    assert sum(len(midi_clips(t)[0]._notes) for t in studio.made()) == 8 * 2500
    assert max(changes) <= 12
    assert len([c for c in changes if c]) >= 8
    assert len(studio.live.world.undo_steps) == 1


def test_the_probe_runs_and_leaves_the_set_as_it_was(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(__file__).parents[2] / "daw_scripts" / "live" / "dev" / "dawscribe_probe"
    spec = importlib.util.spec_from_file_location("dawscribe_probe", folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    probe: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    monkeypatch.setattr(probe, "REPORT", str(studio.folder / "report.txt"))
    studio.clip(start=0.0, length=8.0, markers=WARPED)
    surface = probe.create_instance(object())
    studio.live.run(lambda: (studio.folder / "report.txt").exists())
    text = (studio.folder / "report.txt").read_text()
    assert "six tracks with 2000 notes each: done" in text
    assert "warp markers: [(0.0, 0.0), (1.9, 4.0)" in text
    assert [t.name for t in studio.live.song.tracks] == ["Song", "Other"]
    surface.disconnect()
