"""REAPER as users have it: its media preference, its keyboard, Windows' files, tabs, recording, levels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.lua.desk import RESULT, Desk, names
from tests.reaper_sim import audio as sim_audio
from tests.reaper_sim.defaults import new_take, new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.instruments import synth_peak_db
from tests.reaper_sim.midi_events import MidiData
from tests.reaper_sim.model import Project, Source, TempoMarker
from tests.reaper_sim.plugins import find, instance
from tests.reaper_sim.registry import FUNCTIONS
from tests.reaper_sim.rpp_file import text as rpp_text


def long_item(desk: Desk, seconds: float = 8.0) -> Any:
    """The item is read slice by slice; what it sounds like."""
    desk.take.source.path = str(tone(desk.song.parent / "long.wav", seconds + 1.0))
    desk.item.values["D_LENGTH"] = seconds
    desk.take.values["D_PITCH"] = 1.0
    return sim_audio.render(desk.take, 44100, 2, 0.0, round(seconds * 44100))


def read_until_some(desk: Desk) -> Any:
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any(p.stat().st_size > 100_000 for p in (desk.home / "audio").iterdir()))
    return script


def heard_at_last(desk: Desk) -> Any:
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")), 30.0)
    return desk.heard(desk.taken_over())


@pytest.mark.parametrize("keeps_rate", [False, True])
@pytest.mark.parametrize("answer", [0, 1])
@pytest.mark.first_is_enough
def test_media_that_goes_offline_with_the_focus_is_read_all_the_same(desk: Desk, answer: int, keeps_rate: bool) -> None:
    expected = long_item(desk)
    desk.reaper.offline_answer, desk.reaper.offline_keeps_rate = answer, keeps_rate
    read_until_some(desk)
    desk.reaper.go_to_back()
    np.testing.assert_allclose(heard_at_last(desk), expected, atol=1e-6)
    desk.reaper.close()


def test_a_selection_is_read_while_another_program_is_in_front(desk: Desk) -> None:
    expected = long_item(desk, 2.0)
    desk.reaper.go_to_back()
    desk.run("Transcribe selected items")
    np.testing.assert_allclose(heard_at_last(desk), expected, atol=1e-6)
    assert [i for i in desk.project.all_items() if i.values["B_UISEL"]] == [desk.item]
    assert desk.reaper.history(desk.project).names == []
    desk.reaper.close()


@pytest.mark.parametrize("answer", [0, 1])
@pytest.mark.first_is_enough
def test_media_that_stays_offline_is_an_error_and_never_silence(desk: Desk, answer: int) -> None:
    long_item(desk)
    desk.reaper.offline_answer, desk.reaper.offline_keeps_rate = answer, True
    read_until_some(desk)
    desk.reaper.go_to_back()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FUNCTIONS, "Main_OnCommandEx", lambda *_: None)
        if answer == 1:
            # The accessor gives silence and says nothing: only the second look could tell, and sees silence too.
            patch.setitem(FUNCTIONS, "GetMediaSourceSampleRate", lambda *_: 0)
        desk.reaper.idle(30.0)
    assert "offline" in desk.said
    assert not any((desk.home / "inbox").iterdir())
    assert list((desk.home / "audio").iterdir()) == []


def test_real_silence_is_no_error(desk: Desk) -> None:
    sound = np.zeros((4 * 44100, 2))
    sound[: 44100 // 2] = 0.3
    soundfile.write(desk.song, sound, 44100, subtype="FLOAT")
    desk.take.values.update(D_PLAYRATE=0.99, B_PPITCH=0)
    desk.run("Transcribe selected items")
    assert np.abs(heard_at_last(desk)[44100:]).max() == 0.0
    desk.reaper.close()


def test_the_preference_is_told_once(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0
    for expected in (True, False):
        desk.request()
        desk.reaper.tick()
        (script,) = desk.reaper.scripts
        assert ("offline while another" in " ".join(script.drawn)) == expected
        desk.reaper.close()


def test_the_window_takes_no_keys(desk: Desk) -> None:
    desk.request()
    (script,) = desk.reaper.scripts
    desk.reaper.tick()
    desk.reaper.press(ord(" "))
    assert desk.project.play_state == 1
    desk.reaper.press(27)
    script.user("char", 27)  # also when it was clicked before
    for _ in range(3):
        desk.reaper.tick()
    assert script.window
    script.user("char", ord(" "))
    desk.reaper.tick()
    assert desk.project.play_state == 0
    desk.reaper.close()


def test_the_window_comes_back_where_the_user_left_it(desk: Desk) -> None:
    asked = desk.request()
    (script,) = desk.reaper.scripts
    script.user("move", 640, 480)
    script.user("size", 500, 200)
    desk.reaper.tick()
    desk.finish(asked)
    desk.reaper.idle()
    again = desk.run("Transcribe selected items")
    assert again.place == (500, 200, 0, 640, 480)
    second = desk.run("Transcribe selected items")
    assert second.place[3:] != again.place[3:]  # two windows do not lie on each other
    desk.reaper.close()


def test_on_a_fine_screen_the_window_is_drawn_large(desk: Desk) -> None:
    desk.request()
    (script,) = desk.reaper.scripts
    desk.reaper.tick()
    small = {text: y for text, _, y in script.frame}
    script.user("retina", 2)
    desk.reaper.tick()
    large = {text: y for text, _, y in script.frame}
    assert large["Waiting"] == 2 * small["Waiting"]
    desk.reaper.close()


@pytest.mark.parametrize("letters", ["Jürgen", "日本"])
def test_windows_names_with_any_letters_do(desk: Desk, monkeypatch: pytest.MonkeyPatch, letters: str) -> None:
    desk.reaper.os, desk.reaper.narrow_names = "Win64", True
    home = desk.home.parent / letters / "home"
    for name in ("inbox", "jobs"):
        (home / name).mkdir(parents=True)
    desk.home = home
    desk.beat()
    scripts = desk.reaper.resource_path / "Scripts" / "dawscribe"
    scripts.mkdir(parents=True)
    (scripts / "installed.json").write_text(json.dumps({"home": str(home)}), encoding="utf-8")
    monkeypatch.delenv("DAWSCRIBE_HOME")
    desk.take.values["D_PITCH"] = 1.0
    asked = desk.request()
    desk.finish(asked)
    desk.reaper.idle()
    assert len(desk.project.tracks) == 5
    assert (home / "jobs" / asked["id"] / "inserted").read_text() == '{"revision":1}'


def with_fx(desk: Desk) -> None:
    plugin = find("Volume Adjustment")
    assert plugin is not None
    desk.take.fx.append(instance(plugin))
    desk.reaper.history(desk.project).add("the user's last step")


def test_a_render_keeps_what_the_user_could_redo(desk: Desk) -> None:
    with_fx(desk)
    history = desk.reaper.history(desk.project)
    desk.project.tracks[1].name = "renamed"
    history.add("rename")
    history.step(-1)
    desk.item = desk.project.tracks[0].items[0]
    desk.request()
    assert desk.reaper.call("Undo_CanRedo2", desk.project) == ("rename",)
    assert history.names == ["the user's last step"]
    desk.reaper.close()


def test_a_step_that_a_render_leaves_all_the_same_is_taken_back(desk: Desk) -> None:
    desk.reaper.unnamed_block = "ReaScript: Run"
    with_fx(desk)
    before = rpp_text(desk.project)
    desk.request()
    assert desk.reaper.history(desk.project).names == ["the user's last step"]
    assert rpp_text(desk.project) == before
    desk.reaper.close()


def test_only_the_wanted_span_is_rendered_as_wav_and_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    with_fx(desk)
    desk.reaper.apply_format, desk.reaper.peak_folder = "wv", str(tmp_path / "peaks")
    desk.item.values["C_LOCK"] = 1.0
    desk.project.time_selection = (2.0, 2.5)
    asked = desk.request()
    audio = asked["items"][0]["audio"]
    assert soundfile.info(audio["path"]).duration == pytest.approx(0.5, abs=1e-3)
    plain, _ = soundfile.read(desk.song, always_2d=True)
    np.testing.assert_allclose(desk.heard(asked), plain[44100 : 44100 + 22050], atol=1e-4)
    assert list((tmp_path / "peaks").iterdir()) == []
    assert not list(Path(desk.project.path).parent.glob("*render*"))
    assert desk.project.info["OPENCOPY_CFGIDX"] == 1.0
    desk.reaper.close()


def test_a_rendered_file_that_is_held_for_a_moment_is_removed_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_fx(desk)
    folder = Path(desk.project.path).parent
    monkeypatch.setattr(desk.reaper, "narrow_names", False)

    class Held(set[str]):
        """Every rendered file, until it was asked for five times."""

        asked = 0

        def __contains__(self, path: object) -> bool:
            self.asked += "render" in str(path)
            return "render" in str(path) and self.asked < 5

    desk.reaper.locked = Held()
    desk.request()
    assert not list(folder.glob("*render*"))
    desk.reaper.close()


def behind_another_tab(desk: Desk) -> tuple[dict[str, Any], Project, Project]:
    asked = desk.request()
    song, other = desk.project, Project(path="/elsewhere.rpp")
    desk.reaper.projects.append(other)
    desk.reaper.project = other
    return asked, song, other


def test_another_tab_is_not_flipped_to_the_front(desk: Desk) -> None:
    asked, song, other = behind_another_tab(desk)
    other.play_state = 1
    desk.finish(asked)
    desk.reaper.idle()
    assert desk.reaper.tab_switches == []
    assert other.play_state == 1
    assert names(song)[1] == ("song (transcribed)", 1)
    assert desk.reaper.history(song).names == ["Transcribe song"]


def test_a_render_waits_until_the_other_tab_has_stopped(desk: Desk) -> None:
    with_fx(desk)
    desk.run("Transcribe selected items")
    other = Project(path="/elsewhere.rpp")
    desk.reaper.projects.append(other)
    desk.reaper.project, song = other, desk.project
    other.play_state = 1
    (script,) = desk.reaper.scripts
    desk.reaper.run_until(lambda: "so dawscribe waits" in " ".join(t for t, _, _ in script.frame))
    assert other.play_state == 1
    other.play_state = 0
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    assert desk.reaper.project is other
    assert song in desk.reaper.tab_switches
    desk.reaper.close()


@pytest.mark.parametrize("by", ["recording", "dragging"])
def test_nothing_is_inserted_under_the_users_hands(desk: Desk, by: str) -> None:
    if by == "dragging":
        desk.reaper.groups = desk.reaper.groups | {"js_ReaScriptAPI"}
    asked = desk.request()
    if by == "recording":
        desk.project.play_state = 5
    desk.reaper.dragging = by == "dragging"
    desk.finish(asked)
    (script,) = desk.reaper.scripts
    for _ in range(400):
        desk.reaper.tick()
        if any(text == "Keep" for text, _, _ in script.frame):
            script.click("Keep")
    assert len(desk.project.tracks) == 2
    if by == "recording":
        assert "Ready: goes into the project after the recording" in script.drawn
    desk.project.play_state, desk.reaper.dragging = 0, False
    desk.reaper.idle()
    assert len(desk.project.tracks) == 5


def test_no_box_opens_while_a_job_runs(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "failed", message="demo.wav is damaged; export the audio again.")
    desk.reaper.idle()
    assert desk.reaper.read == ["demo.wav is damaged; export the audio again."]
    assert desk.reaper.messages == []
    assert desk.reaper.console == ""


def test_a_sandboxed_reaper_is_told_about_the_service(desk: Desk) -> None:
    desk.reaper.sandboxed = True
    (desk.home / "launcher.json").write_text(json.dumps({"command": ["/usr/bin/python3"]}))
    (desk.home / "daemon.json").unlink()
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert "dawscribe setup service" in desk.said
    assert desk.reaper.processes == []


def test_macos_privacy_lets_reaper_read_what_the_daemon_may_not(desk: Desk) -> None:
    desk.reaper.os = "macOS-arm64"
    asked = desk.request()
    assert asked["items"][0]["audio"]["path"] == str(desk.song)
    refusal = "song.wav cannot be read; check the permissions of the file."
    desk.status(asked["id"], "failed", stage="read", message=refusal)
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    second = desk.taken_over()
    assert second["items"][0]["temporary"] is True
    assert Path(second["items"][0]["audio"]["path"]).is_relative_to(desk.home)
    desk.status(second["id"], "failed", stage="read", message=refusal)
    desk.reaper.idle()
    assert desk.said.startswith(refusal)
    assert "Privacy & Security" in desk.said


def drum_shots(
    desk: Desk,
    asked: dict[str, Any],
    rows: list[dict[str, Any]],
    stems: list[dict[str, str]] | None = None,
    **part: Any,
) -> None:
    """A result with drums, and sounds for them."""
    folder = desk.home / "jobs" / asked["id"]
    (folder / "one_shots").mkdir()
    for row in rows:
        tone(folder / row["path"], 0.2)
    pieces = {"36": "kick", "38": "snare", "42": "closed hat", "46": "open hat"}
    drums = {**RESULT["items"][0]["parts"][0], "pieces": pieces, **part}
    item = {**asked["items"][0], "length_s": 3.0, "parts": [drums], "one_shots": rows, "stems": stems or []}
    desk.finish(asked, items=[item])
    desk.reaper.idle()


def values(fx: Any) -> dict[str, float]:
    return {row[0]: row[1] for row in fx.params}


def test_one_shots_answer_to_velocity_are_named_and_choke(desk: Desk) -> None:
    asked = desk.request()
    rows: list[dict[str, Any]] = [
        {"pitch": 36, "path": "one_shots/a.wav", "name": "kick", "least_gain": 0.25},
        {"pitch": 42, "path": "one_shots/b.wav", "name": "closed hat", "softest": 1, "loudest": 63},
        {"pitch": 42, "path": "one_shots/c.wav", "name": "closed hat, loud", "softest": 64, "loudest": 127},
        {"pitch": 46, "path": "one_shots/d.wav", "name": "open hat", "choked_by": [42, 44]},
    ]
    notes = [[0.0, 0.1, 46, 100], [0.5, 0.6, 42, 90], [1.0, 1.1, 46, 100], [1.5, 1.6, 46, 80], [2.0, 2.1, 36, 90]]
    drum_shots(desk, asked, rows, notes=notes)
    track = desk.project.tracks[2]
    kick, soft, loud, _ = track.fx
    assert kick.config["renamed_name"] == "kick"
    assert values(kick)["Gain for minimum velocity"] == pytest.approx(0.125, abs=0.001)  # 0.25 of 0..2
    assert values(soft)["Gain for minimum velocity"] == 0.0
    assert values(kick)["Attack"] == 0.0
    assert [round(127 * values(soft)[f"{end} velocity"]) for end in ("Minimum", "Maximum")] == [1, 63]
    assert [round(127 * values(loud)[f"{end} velocity"]) for end in ("Minimum", "Maximum")] == [64, 127]
    assert [values(fx)["Obey note-offs"] for fx in track.fx] == [0, 0, 0, 1]
    assert desk.reaper.call("GetTrackMIDINoteNameEx", 0, track, 38, 0) == ("snare",)
    midi = track.items[0].takes[0].source.midi  # type: ignore[union-attr]
    played = sorted((n.start / 960 / 2, n.end / 960 / 2, n.pitch) for n in midi.notes)  # type: ignore[union-attr]
    open_hats = [(start, end) for start, end, pitch in played if pitch == 46]
    # The first is choked by the closed hat, the second by the next open one, the last rings to the item's end.
    assert open_hats == [pytest.approx(span, abs=0.002) for span in ((0.0, 0.5), (1.0, 1.5), (1.5, 3.0))]


def test_drums_may_have_a_track_for_each_piece(desk: Desk) -> None:
    desk.choose(drum_tracks="yes")
    asked = desk.request("Transcribe with options")
    rows: list[dict[str, Any]] = [{"pitch": 36, "path": "one_shots/a.wav", "name": "kick"}]
    drum_shots(desk, asked, rows)
    assert [n for n, _ in names(desk.project)] == [
        "Song", "song (transcribed)", "kick", "closed hat", "snare", "Other",
    ]  # fmt: skip
    assert [len(t.items[0].takes[0].source.midi.notes) for t in desk.project.tracks[2:5]] == [1, 1, 1]  # type: ignore[union-attr]
    assert [len(t.fx) for t in desk.project.tracks[2:5]] == [1, 1, 1]


@pytest.mark.parametrize("role", ["other", "piano", "guitar", "vocals", "bass"])
def test_a_chord_on_the_synthesiser_stays_below_full_scale(desk: Desk, role: str) -> None:
    asked = desk.request()
    chord = 1 if role in ("vocals", "bass") else 6
    notes = [[0.0, 1.0, 48 + 4 * key, 127] for key in range(chord)]
    part = {**RESULT["items"][0]["parts"][1], "role": role, "name": role, "notes": notes, "instruments": ["ReaSynth"]}
    desk.finish(asked, items=[{**asked["items"][0], "length_s": 3.0, "parts": [part], "stems": []}])
    desk.reaper.idle()
    track = desk.project.tracks[2]
    peak_db = synth_peak_db(track, [(int(n[2]), int(n[3])) for n in notes])
    assert -14 < peak_db < -6


def test_the_project_gets_the_songs_tempo_when_the_user_says_so_and_audio_is_not_stretched(desk: Desk) -> None:
    other = audio_item(desk.project.tracks[1], desk.song, 5.0, 2.0)
    desk.beat_is_certain, desk.reaper.tempo_answer = True, "Set tempo"
    asked = desk.transcribe()
    assert desk.reaper.asked == [
        'The song keeps 100.0 BPM. Set the project to it, from "song" on? The items of the project stay as they sound.'
    ]
    assert [(m.time, m.bpm) for m in desk.project.tempo if m.time > 0] == [(1.0, 100.0)]
    for item, span in ((desk.item, (1.0, 3.0)), (other, (5.0, 2.0))):
        assert (item.start, item.length) == span
        assert item.active_take is not None
        assert item.active_take.values["D_PLAYRATE"] == 1.0
    take = desk.project.tracks[3].items[0].takes[0]
    assert take is not None
    assert [round(n.start / 960, 3) for n in take.source.midi.notes] == [0.0, 1.0]  # type: ignore[union-attr]
    history = desk.reaper.history(desk.project)
    assert history.names == ["Transcribe song"]
    history.step(-1)
    assert desk.project.tempo == []
    assert asked["insertion"]["set_tempo"] == "ask"


def test_the_tempo_is_asked_once_and_only_where_the_project_has_none(desk: Desk) -> None:
    desk.beat_is_certain = True
    desk.transcribe()
    desk.transcribe()
    assert len(desk.reaper.asked) == 1
    assert desk.project.tempo == []


@pytest.mark.parametrize("why", ["the project has a tempo", "the beat is not certain", "there is MIDI"])
def test_the_tempo_is_not_offered_in_vain(desk: Desk, why: str) -> None:
    if why == "the project has a tempo":
        desk.project.tempo = [TempoMarker(time=0.0, bpm=90.0, numerator=3, denominator=4)]
    if why == "there is MIDI":
        item = audio_item(desk.project.tracks[1], desk.song, 5.0, 2.0)
        item.takes.clear()
        new_take(item, Source(type="MIDI", midi=MidiData(end=960.0)), "keys")
    asked = desk.request()
    tempo = {**RESULT["items"][0]["tempo"], "confident": why != "the beat is not certain"}
    parts = RESULT["items"][0]["parts"]
    desk.finish(asked, items=[{**asked["items"][0], "length_s": 3.0, "parts": parts, "stems": [], "tempo": tempo}])
    desk.reaper.idle()
    assert desk.reaper.asked == []
    assert len(desk.project.tracks) == 5


def test_the_request_carries_the_projects_beats(desk: Desk) -> None:
    desk.project.tempo = [
        TempoMarker(time=0.0, bpm=120.0, numerator=4, denominator=4),
        TempoMarker(time=2.1, bpm=90.0),
        TempoMarker(time=3.0, bpm=60.0, numerator=3, denominator=4),
    ]
    beats = desk.request()["items"][0]["beats"]
    for time_s in np.linspace(0.0, 3.0, 31):
        expected = desk.reaper.call("TimeMap2_timeToQN", desk.project, 1.0 + float(time_s))[0]
        assert np.interp(time_s, beats["times_s"], beats["beats"]) == pytest.approx(expected, abs=1e-5)
    assert [(s["numerator"], s["time_s"]) for s in beats["time_signatures"]] == [(4, 0.0), (3, 2.0)]
    assert beats["time_signatures"][0]["bar_beat"] == pytest.approx(0.0)
    assert len(beats["times_s"]) < 10
    desk.reaper.close()


def test_a_steady_tempo_is_two_points_and_a_ramp_is_exact(desk: Desk) -> None:
    assert len(desk.request()["items"][0]["beats"]["times_s"]) == 2
    desk.reaper.close()
    desk.project.tempo = [TempoMarker(time=0.0, bpm=60.0, linear=True), TempoMarker(time=6.0, bpm=180.0)]
    beats = desk.request()["items"][0]["beats"]
    for time_s in np.linspace(0.0, 3.0, 31):
        expected = desk.reaper.call("TimeMap2_timeToQN", desk.project, 1.0 + float(time_s))[0]
        assert np.interp(time_s, beats["times_s"], beats["beats"]) == pytest.approx(expected, abs=0.002)
    desk.reaper.close()


def test_stems_have_waveforms(desk: Desk) -> None:
    desk.choose(stem_tracks="yes")
    asked = desk.request("Transcribe with options")
    (desk.home / "jobs" / asked["id"] / "stems").mkdir()
    tone(desk.home / "jobs" / asked["id"] / "stems" / "bass.wav", 3.0)
    parts, stems = RESULT["items"][0]["parts"], [{"role": "bass", "path": "stems/bass.wav"}]
    desk.finish(asked, items=[{**asked["items"][0], "length_s": 3.0, "parts": parts, "stems": stems}])
    desk.reaper.idle()
    take = desk.project.tracks[-2].items[0].takes[0]
    assert take is not None
    assert take.source is not None
    assert desk.reaper.peaks_built == {take.source.path}


@pytest.mark.parametrize("name", ["song.mp3", "song.ogg"])
@pytest.mark.first_is_enough
def test_compressed_files_start_where_reaper_starts_them(desk: Desk, name: str) -> None:
    sound, rate = soundfile.read(desk.song)
    path = desk.song.parent / name
    soundfile.write(path, sound, rate)
    desk.take.source.path = str(path)
    assert desk.request()["items"][0]["temporary"] is True
    desk.reaper.close()


def test_a_second_track_of_the_song_is_new(desk: Desk) -> None:
    desk.project.tracks.append(new_track("Third"))
    desk.transcribe()
    assert [n for n, _ in names(desk.project)][-2:] == ["Other", "Third"]


def test_the_review_page_opens_from_the_window_where_there_is_one(desk: Desk, tmp_path: Path) -> None:
    program = tmp_path / "review"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    program.chmod(0o755)
    (desk.home / "launcher.json").write_text(json.dumps({"command": ["/bin/true"], "review": [str(program), "review"]}))
    asked = desk.request()
    desk.finish(asked)
    (script,) = desk.reaper.scripts
    desk.reaper.run_until(lambda: any(text == "Review" for text, _, _ in script.frame))
    assert len(desk.project.tracks) == 5
    script.click("Review")
    desk.reaper.run_until(lambda: not script.running)
    for process in desk.reaper.processes:
        process.wait()
    assert (tmp_path / "asked").read_text() == f"review {asked['id']}\n"


def test_a_window_that_offers_the_review_goes_by_itself(desk: Desk) -> None:
    (desk.home / "launcher.json").write_text(json.dumps({"command": ["/bin/true"], "review": ["/bin/true"]}))
    asked = desk.request()
    desk.finish(asked)
    (script,) = desk.reaper.scripts
    desk.reaper.run_until(lambda: any(text == "Review" for text, _, _ in script.frame))
    desk.reaper.clock_ahead_s += 60.0
    desk.reaper.tick()
    desk.reaper.tick()
    assert not script.running
    assert desk.reaper.read == []


def test_sections_and_chords_are_regions_where_the_user_wants_them(desk: Desk) -> None:
    desk.choose(more="regions")
    asked = desk.request("Transcribe with options")
    song = {
        "sections": [{"onset_s": 0.0, "offset_s": 2.0, "name": "A"}],
        "chords": [
            {"onset_s": 0.0, "offset_s": 1.0, "symbol": "Em"}, {"onset_s": 1.0, "offset_s": 2.0, "symbol": "N"},
            {"onset_s": 2.0, "offset_s": 1.0, "symbol": "damaged"},
        ],
    }  # fmt: skip
    parts = RESULT["items"][0]["parts"]
    desk.finish(asked, items=[{**asked["items"][0], **song, "length_s": 3.0, "parts": parts, "stems": []}])
    desk.reaper.idle()
    assert [(m.name, m.position, m.end) for m in desk.project.markers] == [("A", 1.0, 3.0), ("Em", 1.0, 2.0)]
    history = desk.reaper.history(desk.project)
    assert history.names == ["Transcribe song"]
    history.step(-1)
    assert desk.project.markers == []


@pytest.mark.parametrize("closes", [-1.0, -2.0])
def test_beside_a_folder_the_folders_stay_whole(desk: Desk, closes: float) -> None:
    desk.project.tracks.insert(0, new_track("Outer"))
    desk.project.tracks.insert(2, new_track("Child"))
    for track, depth in zip(desk.project.tracks, (1.0 if closes == -2.0 else 0.0, 1.0, closes, 0.0), strict=True):
        track.values["I_FOLDERDEPTH"] = depth
    desk.choose(more="beside")
    asked = desk.request("Transcribe with options")
    desk.finish(asked)
    desk.reaper.idle()
    outer = 1 if closes == -2.0 else 0
    assert names(desk.project) == [
        ("Outer", outer), ("Song", 1), ("Child", -1), ("song (transcribed)", 1), ("Drums", 0), ("Bass", -1 - outer),
        ("Other", 0),
    ]  # fmt: skip


def test_a_plain_project_stays_plain(desk: Desk) -> None:
    desk.choose(more="plain programs", instruments="no")
    asked = desk.request("Transcribe with options")
    desk.finish(asked)
    desk.reaper.idle()
    assert [t.values["I_CUSTOMCOLOR"] for t in desk.project.tracks[1:4]] == [0, 0, 0]
    midi = desk.project.tracks[3].items[0].takes[0].source.midi  # type: ignore[union-attr]
    assert [c.msg2 for c in midi.ccs if c.status == 0xC0] == [33]  # type: ignore[union-attr]


def test_files_that_the_project_cannot_own_are_told_of(desk: Desk) -> None:
    desk.project.path = ""
    asked = desk.request()
    rows: list[dict[str, Any]] = [{"pitch": 36, "path": "one_shots/a.wav", "name": "kick"}]
    drum_shots(desk, asked, rows)
    assert "The project is not saved yet" in desk.reaper.console


def files_played(desk: Desk) -> list[Path]:
    return [Path(fx.config["FILE0"]) for track in desk.project.tracks for fx in track.fx if "FILE0" in fx.config]


def test_sounds_of_an_unsaved_project_come_beside_it_when_it_is_saved(desk: Desk, tmp_path: Path) -> None:
    desk.project.path = ""
    desk.choose(stem_tracks="yes")
    asked = desk.request("Transcribe with options")
    stem = desk.home / "jobs" / asked["id"] / "stems" / "drums.wav"
    stem.parent.mkdir(parents=True)
    tone(stem, 3.0)
    drum_shots(
        desk,
        asked,
        [{"pitch": 36, "path": "one_shots/a.wav", "name": "kick"}],
        stems=[{"role": "drums", "path": str(stem)}],
    )
    (before,) = files_played(desk)
    desk.run("Background listener")
    assert files_played(desk) == [before]
    folder = tmp_path / "saved"
    folder.mkdir()
    desk.project.path = str(folder / "song.rpp")
    desk.reaper.clock_ahead_s += 1.0
    for _ in range(20):
        desk.reaper.tick()
    (after,) = files_played(desk)
    assert after.is_relative_to(folder)
    assert after.read_bytes() == before.read_bytes()
    stems = [i.takes[0].source.path for t in desk.project.tracks for i in t.items if "stem" in t.name]  # type: ignore[union-attr]
    assert all(Path(path).is_relative_to(folder) for path in stems)
    assert stems
    assert desk.reaper.history(desk.project).names[-1] == "Collect sounds of transcriptions"
    desk.reaper.close()
    count = len(desk.reaper.history(desk.project).names)
    desk.run("Collect sounds")
    desk.reaper.idle()
    assert "beside the project already" in desk.reaper.console
    assert len(desk.reaper.history(desk.project).names) == count


def test_collecting_says_that_the_project_must_be_saved(desk: Desk) -> None:
    desk.project.path = ""
    desk.run("Collect sounds")
    assert "Save the project first" in desk.said


def test_a_project_that_comes_to_the_front_is_told_what_waits_for_it(desk: Desk) -> None:
    asked = desk.request()
    desk.reaper.close()
    desk.finish(asked)
    desk.run("Background listener")
    assert desk.reaper.console.count("A finished transcription waits") == 1
    for _ in range(3):
        desk.reaper.clock_ahead_s += 3.0
        desk.reaper.tick()
    assert desk.reaper.console.count("A finished transcription waits") == 1
    desk.reaper.close()
