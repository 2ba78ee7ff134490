"""How a result lands in REAPER's project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.lua.desk import RESULT, Desk, names
from tests.reaper_sim.api_undo_api import Undo_DoUndo2
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.midi_events import MidiData
from tests.reaper_sim.model import Project, TempoMarker
from tests.reaper_sim.plugins import CATALOGUE, Plugin
from tests.reaper_sim.registry import FUNCTIONS
from tests.reaper_sim.rpp_file import text as rpp_text
from tests.reaper_sim.rpp_load import read as read_rpp


def test_the_result_lands_under_the_source_as_a_folder_in_one_undo_step(desk: Desk) -> None:
    before = rpp_text(desk.project)
    desk.transcribe()
    assert names(desk.project) == [("Song", 0), ("song (transcribed)", 1), ("Drums", 0), ("Bass", -1), ("Other", 0)]
    assert desk.reaper.history(desk.project).names == ["Transcribe song"]
    drums, bass = desk.project.tracks[2:4]
    assert all(t.values["I_CUSTOMCOLOR"] for t in desk.project.tracks[1:4])
    for track in (drums, bass):
        (item,) = track.items
        assert (item.start, item.length) == (1.0, 3.0)
        assert item.values["B_LOOPSRC"] == 0
    assert drums.items[0].takes[0].source.midi.notes[0].channel == 9  # type: ignore[union-attr]
    Undo_DoUndo2(desk.reaper, desk.project)
    assert rpp_text(desk.project) == before


def test_selection_cursor_and_source_stay_as_they_were(desk: Desk) -> None:
    desk.project.cursor = 2.5
    desk.project.tracks[1].values["I_SELECTED"] = 1.0
    source = rpp_text(desk.project).split("NAME Other")[0]
    desk.transcribe()
    assert desk.project.cursor == 2.5
    assert [t.name for t in desk.project.tracks if t.values["I_SELECTED"]] == ["Other"]
    assert [i for i in desk.project.all_items() if i.values["B_UISEL"]] == [desk.item]
    assert source.split("<TRACK")[1].split(">")[0] in rpp_text(desk.project)


def test_notes_follow_tempo_changes_inside_the_item(desk: Desk) -> None:
    desk.project.tempo = [
        TempoMarker(time=0.0, bpm=120.0, numerator=4, denominator=4),
        TempoMarker(time=1.5, bpm=90.0),
        TempoMarker(time=1.55, bpm=180.0, linear=True),
        TempoMarker(time=3.0, bpm=60.0),
    ]
    asked = desk.transcribe()
    bass = desk.project.tracks[3].items[0]
    take = bass.takes[0]
    times = [
        desk.reaper.call("MIDI_GetProjTimeFromPPQPos", take, note.start)[0] - bass.start
        for note in take.source.midi.notes  # type: ignore[union-attr]
    ]
    assert times == pytest.approx([0.0, 0.6], abs=0.001)
    assert asked["items"][0]["position_s"] == 1.0


def test_velocities_bends_and_their_range_arrive(desk: Desk) -> None:
    desk.transcribe()
    midi: MidiData = desk.project.tracks[3].items[0].takes[0].source.midi  # type: ignore[union-attr,assignment]
    assert [(n.pitch, n.velocity) for n in midi.notes] == [(40, 96), (43, 90)]
    # REAPER's own synthesiser is told nothing, and bends by two semitones as nearly all do.
    assert [c for c in midi.ccs if c.status in (0xB0, 0xC0)] == []
    wheel = [(c.msg3 << 7 | c.msg2) - 8192 for c in midi.ccs if c.status == 0xE0]
    assert wheel == [0, round(0.35 / 2 * 8192), 0]


def test_a_general_midi_instrument_is_told_its_program_and_the_range_of_bends(desk: Desk) -> None:
    CATALOGUE.append(Plugin("VST3i: sforzando (Plogue)", "sforzando.vst3", (), instrument=True))
    try:
        asked = desk.request()
        parts = json.loads(json.dumps(RESULT["items"][0]["parts"]))
        parts[1]["instruments"] = ["sforzando"]
        desk.finish(asked, items=[{**asked["items"][0], "length_s": 3.0, "parts": parts, "stems": []}])
        desk.reaper.idle()
    finally:
        CATALOGUE.pop()
    midi: MidiData = desk.project.tracks[3].items[0].takes[0].source.midi  # type: ignore[union-attr,assignment]
    assert [(c.msg2, c.msg3) for c in midi.ccs if c.status == 0xB0][:3] == [(101, 0), (100, 0), (6, 12)]
    assert [c.msg2 for c in midi.ccs if c.status == 0xC0] == [33]
    wheel = [(c.msg3 << 7 | c.msg2) - 8192 for c in midi.ccs if c.status == 0xE0]
    assert wheel == [0, round(0.35 / 12 * 8192), 0]


def test_every_track_has_an_instrument_and_a_missing_one_falls_through_with_a_warning(desk: Desk) -> None:
    asked = desk.request()
    parts = json.loads(json.dumps(RESULT["items"][0]["parts"]))
    parts[1]["instruments"] = ["Trilian", "ReaSynth"]
    shots = RESULT["items"][0]["one_shots"]
    (desk.home / "jobs" / asked["id"] / "one_shots").mkdir()
    for shot in shots:
        tone(desk.home / "jobs" / asked["id"] / shot["path"], 0.2)
    item = {**asked["items"][0], "length_s": 3.0, "parts": parts, "one_shots": shots, "stems": [], "warnings": []}
    desk.finish(asked, items=[item])
    desk.reaper.idle()
    drums, bass = desk.project.tracks[2:4]
    assert [fx.name for fx in drums.fx] == ["VSTi: ReaSamplOmatic5000 (Cockos)"] * 2
    for fx, key in zip(drums.fx, (36, 38), strict=True):
        assert fx.params[3][1] == fx.params[4][1] == pytest.approx(key / 127)
        assert Path(fx.config["FILE0"]).is_file()
        assert Path(fx.config["FILE0"]).is_relative_to(Path(desk.project.path).parent)
    assert [fx.name for fx in bass.fx] == ["VSTi: ReaSynth (Cockos)"]
    assert '"Trilian" is not installed' in desk.reaper.console


def test_pieces_heard_in_a_later_item_only_have_their_sound_too(desk: Desk) -> None:
    audio_item(desk.project.tracks[0], desk.song, 6.0, 2.0).values["B_UISEL"] = 1.0
    asked = desk.request()
    folder = desk.home / "jobs" / asked["id"]
    items = []
    for number, (item, keys) in enumerate(zip(asked["items"], ((36,), (36, 49)), strict=True), 1):
        (folder / "one_shots" / str(number)).mkdir(parents=True)
        shots = [{"pitch": key, "path": f"one_shots/{number}/{key}.wav"} for key in keys]
        for shot in shots:
            tone(folder / str(shot["path"]), 0.1)
        drums = {**RESULT["items"][0]["parts"][0], "notes": [[0, 0.1, key, 100] for key in keys]}
        items.append({**item, "length_s": 2.0, "parts": [drums], "stems": [], "one_shots": shots})
    desk.finish(asked, items=items)
    desk.reaper.idle()
    drums_track = desk.project.tracks[2]
    assert [round(fx.params[3][1] * 127) for fx in drums_track.fx] == [36, 49]
    assert [fx.config["FILE0"].split("one_shots/")[1] for fx in drums_track.fx] == ["1/36.wav", "2/49.wav"]


def test_a_source_that_closes_its_folder_hands_the_closing_on(desk: Desk) -> None:
    desk.project.tracks.insert(0, new_track("Band"))
    desk.project.tracks[0].values["I_FOLDERDEPTH"] = 1.0
    desk.project.tracks[1].values["I_FOLDERDEPTH"] = -1.0
    desk.transcribe()
    assert names(desk.project) == [
        ("Band", 1), ("Song", 0), ("song (transcribed)", 1), ("Drums", 0), ("Bass", -2), ("Other", 0),
    ]  # fmt: skip


def test_several_items_come_back_in_one_step_each_at_its_place(desk: Desk) -> None:
    second = audio_item(desk.project.tracks[0], desk.song, 6.0, 2.0)
    third = audio_item(desk.project.tracks[1], desk.song, 3.0, 2.0)
    for item in (second, third):
        item.values["B_UISEL"] = 1.0
    desk.transcribe()
    assert [n for n, _ in names(desk.project)] == [
        "Song", "song (transcribed)", "Drums", "Bass", "Other", "song (transcribed)", "Drums", "Bass",
    ]  # fmt: skip
    assert [(i.start, i.length) for i in desk.project.tracks[2].items] == [(1.0, 3.0), (6.0, 2.0)]
    assert [(i.start, i.length) for i in desk.project.tracks[6].items] == [(3.0, 2.0)]
    assert len(desk.reaper.history(desk.project).names) == 1


def test_stems_and_muting_are_options(desk: Desk) -> None:
    desk.choose(
        stems="drums bass",
        quantise="1/16",
        quantise_strength="0.5",
        instruments="no",
        stem_tracks="yes",
        mute_source="yes",
    )
    asked = desk.request("Transcribe with options")
    assert asked["options"] == {
        "keep_stems": True, "quantise": "1/16", "quantise_strength": 0.5, "stems": ["drums", "bass"],
    }  # fmt: skip
    stems = desk.home / "jobs" / asked["id"] / "stems"
    stems.mkdir()
    tone(stems / "bass.wav", 3.0)
    parts = RESULT["items"][0]["parts"]
    items = [
        {**asked["items"][0], "length_s": 3.0, "parts": parts, "stems": [{"role": "bass", "path": "stems/bass.wav"}]}
    ]
    desk.finish(asked, items=items)
    desk.reaper.idle()
    assert names(desk.project)[-2][0] == "bass stem"
    stem = desk.project.tracks[-2]
    assert stem.values["B_MUTE"] == 1
    assert Path(stem.items[0].takes[0].source.path).parent.parent.name == asked["id"]  # type: ignore[union-attr]
    assert not any(t.fx for t in desk.project.tracks)
    assert desk.item.values["B_MUTE"] == 1
    desk.reaper.inputs.append(None)
    desk.run("Transcribe with options")
    assert desk.reaper.messages[-1][2] == -1  # asked, cancelled, nothing sent
    assert not any((desk.home / "inbox").iterdir())


def silent(item: dict[str, Any]) -> dict[str, Any]:
    """A result in which nothing was heard."""
    return {**item, "length_s": 3.0, "parts": [], "stems": [], "warnings": ["The item is silent."]}


@pytest.mark.parametrize("by", ["job", "action"])
def test_where_nothing_was_heard_that_is_said_and_nothing_changes(desk: Desk, by: str) -> None:
    desk.choose(instruments="yes", stem_tracks="yes", mute_source="yes")
    asked = desk.request("Transcribe with options")
    before = rpp_text(desk.project)
    if by == "action":
        desk.reaper.close()
    desk.finish(asked, items=[silent(asked["items"][0])])
    if by == "action":
        desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert desk.said == "No notes were heard in the selection, so there are no new tracks."
    assert rpp_text(desk.project) == before
    assert desk.reaper.history(desk.project).names == []
    assert (desk.home / "jobs" / asked["id"] / "inserted").exists()


def test_a_silent_item_beside_others_gets_no_track_and_is_not_muted(desk: Desk) -> None:
    quiet = audio_item(desk.project.tracks[1], desk.song, 3.0, 2.0)
    quiet.values["B_UISEL"] = 1.0
    desk.choose(instruments="no", stem_tracks="no", mute_source="yes")
    asked = desk.request("Transcribe with options")
    heard = {**asked["items"][0], "length_s": 3.0, "parts": RESULT["items"][0]["parts"], "stems": []}
    desk.finish(asked, items=[heard, silent(asked["items"][1])])
    desk.reaper.idle()
    assert [n for n, _ in names(desk.project)] == ["Song", "song (transcribed)", "Drums", "Bass", "Other"]
    assert (desk.item.values["B_MUTE"], quiet.values["B_MUTE"]) == (1, 0)
    assert desk.reaper.messages[1:] == []  # the first are the options
    assert "The item is silent." in desk.reaper.console


def test_a_job_is_never_inserted_twice(desk: Desk) -> None:
    asked = desk.transcribe()
    assert (desk.home / "jobs" / asked["id"] / "inserted").exists()
    count = len(desk.project.tracks)
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    (desk.home / "jobs" / asked["id"] / "inserted").unlink()
    desk.run("Insert finished transcriptions")  # the tracks carry the job's id
    desk.reaper.idle()
    assert len(desk.project.tracks) == count


def test_a_project_closed_meanwhile_gets_its_result_when_it_is_open_again(desk: Desk) -> None:
    asked = desk.request()
    saved, path = rpp_text(desk.project), desk.project.path
    desk.reaper.open(Project(path="/elsewhere.rpp"))
    desk.finish(asked)
    desk.reaper.idle()
    assert "is closed" in desk.said
    assert desk.reaper.project.tracks == []
    desk.reaper.open(read_rpp(saved, path))
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert names(desk.project)[1] == ("song (transcribed)", 1)


def test_the_action_that_inserts_notes_the_warnings_too(desk: Desk) -> None:
    asked = desk.request()
    desk.reaper.close()
    desk.finish(asked, warnings=["The beat is not certain."])
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert "dawscribe: The beat is not certain.\n" in desk.reaper.console


def test_a_job_whose_tracks_the_action_has_inserted_ends_in_silence(desk: Desk) -> None:
    asked = desk.request()
    desk.finish(asked)
    with pytest.MonkeyPatch.context() as patch:
        # The waiting job looks for its status again only after a moment.
        patch.setitem(FUNCTIONS, "time_precise", lambda _reaper: 0.0)
        desk.run("Insert finished transcriptions")
        desk.reaper.run_until(lambda: len(desk.reaper.scripts) == 1)
    desk.reaper.idle()
    assert desk.reaper.messages == []
    assert len(desk.project.tracks) == 5


def test_a_copy_of_a_closed_project_does_not_get_its_result(desk: Desk) -> None:
    asked = desk.request()
    desk.reaper.open(read_rpp(rpp_text(desk.project), str(desk.song.parent / "song-backup.rpp")))
    desk.finish(asked)
    desk.reaper.idle()
    assert "is closed" in desk.said
    assert len(desk.project.tracks) == 2


def test_a_project_saved_under_another_name_meanwhile_gets_its_result(desk: Desk) -> None:
    asked = desk.request()
    desk.project.path = str(desk.song.parent / "song v2.rpp")
    desk.finish(asked)
    desk.reaper.idle()
    assert len(desk.project.tracks) == 5


def test_an_unsaved_project_is_known_by_its_tracks(desk: Desk) -> None:
    desk.project.path = ""
    asked = desk.request()
    desk.reaper.close()
    desk.project.path = str(desk.song.parent / "saved.rpp")
    desk.finish(asked)
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert len(desk.project.tracks) == 5


def test_the_result_follows_an_item_that_was_moved_meanwhile(desk: Desk) -> None:
    asked = desk.request()
    other = desk.project.tracks[1]
    desk.project.tracks[0].items.remove(desk.item)
    other.items.append(desk.item)
    desk.item.track = other
    desk.item.values["D_POSITION"] = 8.0
    desk.finish(asked)
    desk.reaper.idle()
    assert [n for n, _ in names(desk.project)] == ["Song", "Other", "song (transcribed)", "Drums", "Bass"]
    assert [(i.start, i.length) for i in desk.project.tracks[3].items] == [(8.0, 3.0)]


def test_the_result_stays_with_the_sound_of_an_item_that_was_trimmed_meanwhile(desk: Desk) -> None:
    desk.take.values["D_PLAYRATE"] = 1.25
    asked = desk.request()
    desk.item.values.update(D_POSITION=2.0, D_LENGTH=2.0)
    desk.take.values["D_STARTOFFS"] = 1.25
    desk.finish(asked)
    desk.reaper.idle()
    assert [i.start for i in desk.project.tracks[2].items] == pytest.approx([1.0])


def test_nothing_to_insert_is_said_and_leaves_no_undo_step(desk: Desk) -> None:
    for number in range(200):
        job = desk.home / "jobs" / f"reaper-1700000000-{number:06d}"
        job.mkdir()
        (job / "inserted").touch()
    with pytest.MonkeyPatch.context() as patch:
        # No time passes: as many folders as a tick has room for are all of them.
        patch.setitem(FUNCTIONS, "time_precise", lambda _reaper: 0.0)
        desk.run("Insert finished transcriptions")
        assert "No finished transcription" in desk.said
    desk.reaper.idle()
    shutil.rmtree(desk.home / "jobs")
    (desk.home / "jobs").mkdir()
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert len(desk.reaper.messages) == 2
    assert desk.reaper.history(desk.project).names == []


@pytest.mark.parametrize(
    ("take", "shown"),
    [
        ("Kick.In", "Kick.In"), ("feat.Jo", "feat.Jo"), ("Take.2", "Take.2"), ("song.WAV", "song"), ("a.flac", "a"),
        (".wav", ".wav"), ("", "item"),
    ],
)  # fmt: skip
def test_names_lose_the_ending_of_their_file_and_nothing_else(desk: Desk, take: str, shown: str) -> None:
    desk.take.name = take
    assert desk.request()["items"][0]["name"] == shown
    desk.reaper.close()


def test_a_name_that_is_cut_is_still_legible(desk: Desk) -> None:
    desk.take.name = "a" + "é" * 300
    assert desk.request()["items"][0]["name"] == "a" + "é" * 249
    desk.reaper.close()


def test_a_strength_with_a_comma_is_understood(desk: Desk) -> None:
    desk.choose(quantise="1/16", quantise_strength="0,5", instruments="no", stem_tracks="no", mute_source="no")
    assert desk.request("Transcribe with options")["options"]["quantise_strength"] == 0.5
    desk.reaper.close()


def test_a_result_finds_its_project_behind_another_tab(desk: Desk) -> None:
    asked = desk.request()
    song, other = desk.project, Project(path="/elsewhere.rpp")
    desk.reaper.projects.append(other)
    desk.reaper.project = other
    desk.finish(asked)
    desk.reaper.idle()
    assert desk.reaper.project is other
    assert other.tracks == []
    assert names(song)[1] == ("song (transcribed)", 1)
    assert desk.reaper.history(song).names == ["Transcribe song"]


def with_stems(desk: Desk, count: int = 3) -> dict[str, Any]:
    """A finished job with stems that take a moment to copy."""
    desk.choose(instruments="no", stem_tracks="yes", mute_source="no")
    asked = desk.request("Transcribe with options")
    stems = desk.home / "jobs" / asked["id"] / "stems"
    stems.mkdir()
    for number in range(count):
        (stems / f"{number}.wav").write_bytes(bytes(40 << 20))
    rows = [{"role": f"s{n}", "path": f"stems/{n}.wav"} for n in range(count)]
    parts = RESULT["items"][0]["parts"]
    desk.finish(asked, items=[{**asked["items"][0], "length_s": 3.0, "parts": parts, "stems": rows}])
    return asked


@pytest.mark.slow
def test_a_project_closed_while_stems_are_copied_keeps_its_result_for_later(desk: Desk, tmp_path: Path) -> None:
    asked = with_stems(desk)
    desk.reaper.run_until(lambda: bool(list(tmp_path.glob("dawscribe/*/stems/*.wav"))))
    saved, path = rpp_text(desk.project), desk.project.path
    desk.reaper.open(Project(path="/elsewhere.rpp"))
    desk.reaper.idle()
    assert "is closed" in desk.said
    assert desk.project.tracks == []
    assert not (desk.home / "jobs" / asked["id"] / "inserted").exists()
    assert not list(tmp_path.glob("dawscribe/*"))
    desk.reaper.open(read_rpp(saved, path))
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert names(desk.project)[1] == ("song (transcribed)", 1)
    assert len(list(tmp_path.glob("dawscribe/*/stems/*.wav"))) == 3


@pytest.mark.parametrize("by", ["cancel", "quit", "quit while the action copies"])
@pytest.mark.first_is_enough
def test_stems_half_copied_leave_with_the_job(desk: Desk, tmp_path: Path, by: str) -> None:
    with_stems(desk)
    if by == "quit while the action copies":
        desk.reaper.close()
        desk.run("Insert finished transcriptions")
    (script,) = desk.reaper.scripts
    desk.reaper.run_until(lambda: len(list(tmp_path.glob("dawscribe/*/stems/*.wav"))) == 2)
    if by == "cancel":
        script.click("Cancel")
        desk.reaper.idle()
    else:
        desk.reaper.close()
    assert not list(tmp_path.glob("dawscribe/*"))
    assert desk.reaper.history(desk.project).names == []


def test_a_result_that_breaks_the_insertion_is_not_marked_as_inserted(desk: Desk) -> None:
    asked = desk.request()
    before = rpp_text(desk.project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FUNCTIONS, "CreateNewMIDIItemInProj", lambda *_: None)
        desk.finish(asked)
        desk.reaper.idle()
    assert "could not make a MIDI item" in desk.said
    assert rpp_text(desk.project) == before
    assert not (desk.home / "jobs" / asked["id"] / "inserted").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"items": []},
        {"items": [{"position_s": "1", "length_s": 3, "parts": []}]},
        {"protocol": 2},
        {"items": [{"position_s": 1, "length_s": 3, "parts": [{"notes": [[0, -1, 300, 0]], "bends": []}]}]},
        {"id": "../../../../etc/passwd"},
    ],
)
def test_a_damaged_result_changes_nothing_and_says_so(desk: Desk, changes: dict[str, object]) -> None:
    asked = desk.request()
    before = rpp_text(desk.project)
    desk.finish(asked, **changes)
    desk.reaper.idle()
    assert "transcribe" in desk.said
    assert rpp_text(desk.project) == before
    assert desk.reaper.history(desk.project).names == []


def test_files_outside_the_job_are_not_touched(desk: Desk, tmp_path: Path) -> None:
    secret = tone(tmp_path / "secret.wav", 0.1)
    asked = desk.request()
    shots = [{"pitch": 36, "path": str(secret)}, {"pitch": 38, "path": "../../../secret.wav"}]
    parts = RESULT["items"][0]["parts"]
    item = {**asked["items"][0], "length_s": 3.0, "parts": parts, "one_shots": shots, "stems": [], "warnings": []}
    desk.finish(asked, items=[item])
    desk.reaper.idle()
    assert [fx.name for fx in desk.project.tracks[2].fx] == ["VSTi: ReaSynDr (Cockos) (4 out)"]
