"""REAPER's actions in the simulated REAPER, with a test that answers in the daemon's place."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.reaper_sim import Reaper
from tests.reaper_sim import audio as sim_audio
from tests.reaper_sim.api_undo_api import Undo_DoUndo2
from tests.reaper_sim.defaults import new_take, new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.midi_events import MidiData
from tests.reaper_sim.model import Item, Project, Source, TempoMarker
from tests.reaper_sim.plugins import find, instance
from tests.reaper_sim.rpp_file import text as rpp_text
from tests.reaper_sim.rpp_load import read as read_rpp

SCRIPTS = Path(__file__).parents[2] / "daw_scripts" / "reaper"
RESULT = json.loads((Path(__file__).parents[1] / "data" / "protocol" / "result.json").read_text(encoding="utf-8"))


class Desk:
    """A REAPER with one song track, a spool, and hands that play the daemon."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        for name in ("inbox", "jobs"):
            (self.home / name).mkdir(parents=True)
        (folder / "resources").mkdir()
        self.reaper = Reaper(folder / "resources", extensions=())
        self.reaper.tick_s = 0.001
        self.song = tone(folder / "song.wav", 4.0)
        project = Project(path=str(folder / "song.rpp"))
        project.tracks = [new_track("Song"), new_track("Other")]
        self.item = audio_item(project.tracks[0], self.song, 1.0, 3.0)
        self.item.values["B_UISEL"] = 1.0
        self.reaper.open(project)
        self.beat()

    @property
    def project(self) -> Project:
        return self.reaper.project

    @property
    def take(self) -> Any:
        return self.item.active_take

    def beat(self, **changes: object) -> None:
        beat = {"pid": 1, "version": "0.1.0", "protocol": 1, "heartbeat": time.time() + 3600, **changes}
        (self.home / "daemon.json").write_text(json.dumps(beat))

    def run(self, action: str) -> Any:
        return self.reaper.run(SCRIPTS / f"dawscribe_{action}.lua")

    def request(self, action: str = "Transcribe selected items") -> dict[str, Any]:
        """Runs the action until its request lies in the inbox, and takes it over as the daemon does."""
        self.run(action)
        self.reaper.run_until(lambda: any((self.home / "inbox").glob("*.json")))
        (path,) = (self.home / "inbox").glob("*.json")
        asked: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        job = self.home / "jobs" / asked["id"]
        job.mkdir()
        path.rename(job / "request.json")
        return asked

    def status(self, job: str, state: str, **more: object) -> None:
        status = {"protocol": 1, "state": state, "stage": "separate", "fraction": 0.4, "eta_s": 5, "device": "CPU"}
        (self.home / "jobs" / job / "status.json").write_text(json.dumps({**status, "message": "", **more}))

    def finish(self, asked: dict[str, Any], **changes: object) -> None:
        """Writes a result for the request: the parts of the protocol's example for each item."""
        parts = RESULT["items"][0]["parts"]
        items = [
            {**{k: v for k, v in i.items() if k != "audio"}, "length_s": i["audio"]["length_s"], "parts": parts,
             "stems": [], "warnings": []}
            for i in asked["items"]
        ]  # fmt: skip
        extra = {k: v for k, v in asked.items() if k not in ("items", "options")}
        result = {**RESULT, **extra, "items": items, **changes}
        job = self.home / "jobs" / asked["id"]
        (job / "result.json").write_text(json.dumps(result), encoding="utf-8")
        self.status(asked["id"], "done", fraction=1)

    def transcribe(self, action: str = "Transcribe selected items") -> dict[str, Any]:
        asked = self.request(action)
        self.finish(asked)
        self.reaper.idle()
        return asked

    def heard(self, asked: dict[str, Any]) -> np.ndarray[Any, Any]:
        """The samples a request points at, (frames, channels)."""
        span = asked["items"][0]["audio"]
        data, rate = soundfile.read(span["path"], always_2d=True)
        start = round(span["start_s"] * rate)
        return np.asarray(data[start : start + round(span["length_s"] * rate)] * span["gain"])

    @property
    def said(self) -> str:
        """The last message box."""
        return self.reaper.messages[-1][1] if self.reaper.messages else ""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DAWSCRIBE_HOME", str(tmp_path / "home"))
    made = Desk(tmp_path)
    yield made
    assert made.reaper.violations == []
    assert made.reaper.warnings == []


def names(project: Project) -> list[tuple[str, int]]:
    return [(t.name, int(t.values["I_FOLDERDEPTH"])) for t in project.tracks]


# -- the insertion ---------------------------------------------------------------------------------------------


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
    controls = [(c.msg2, c.msg3) for c in midi.ccs if c.status == 0xB0]
    assert controls[:3] == [(101, 0), (100, 0), (6, 12)]
    wheel = [(c.msg3 << 7 | c.msg2) - 8192 for c in midi.ccs if c.status == 0xE0]
    assert wheel == [0, round(0.35 / 12 * 8192), 0]


def test_every_track_has_an_instrument_and_a_missing_one_falls_through_with_a_warning(desk: Desk) -> None:
    asked = desk.request()
    parts = json.loads(json.dumps(RESULT["items"][0]["parts"]))
    parts[1]["instruments"] = ["Trilian", "ReaSynth"]
    shots = desk.home / "jobs" / asked["id"] / "one_shots"
    shots.mkdir()
    for name in ("36_kick.wav", "38_snare.wav"):
        tone(shots / name, 0.2)
    items = [{**asked["items"][0], "length_s": 3.0, "parts": parts, "stems": [], "warnings": []}]
    desk.finish(asked, items=items)
    desk.reaper.idle()
    drums, bass = desk.project.tracks[2:4]
    assert [fx.name for fx in drums.fx] == ["VSTi: ReaSamplOmatic5000 (Cockos)"] * 2
    for fx, key in zip(drums.fx, (36, 38), strict=True):
        assert fx.params[3][1] == fx.params[4][1] == pytest.approx(key / 127)
        assert Path(fx.config["FILE0"]).is_file()
        assert Path(fx.config["FILE0"]).is_relative_to(Path(desk.project.path).parent)
    assert [fx.name for fx in bass.fx] == ["VSTi: ReaSynth (Cockos)"]
    assert '"Trilian" is not installed' in desk.reaper.console


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
    desk.reaper.inputs.append("drums bass|||1/16|0.5|no|yes|yes")
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
    parts = json.loads(json.dumps(RESULT["items"][0]["parts"]))
    parts[0]["one_shots"] = [{"pitch": 36, "path": str(secret)}, {"pitch": 38, "path": "../../../secret.wav"}]
    items = [{**asked["items"][0], "length_s": 3.0, "parts": parts, "stems": [], "warnings": []}]
    desk.finish(asked, items=items)
    desk.reaper.idle()
    assert [fx.name for fx in desk.project.tracks[2].fx] == ["VSTi: ReaSynDr (Cockos) (4 out)"]


# -- what is heard ---------------------------------------------------------------------------------------------


def test_an_untouched_item_is_a_span_of_its_file(desk: Desk) -> None:
    desk.take.values["D_STARTOFFS"] = 0.5
    desk.item.values["D_VOL"] = 0.5
    asked = desk.request()
    span = asked["items"][0]["audio"]
    assert (span["path"], span["start_s"], span["length_s"], span["gain"]) == (str(desk.song), 0.5, 3.0, 0.5)


def test_the_time_selection_cuts_the_item(desk: Desk) -> None:
    desk.project.time_selection = (2.0, 3.5)
    desk.transcribe()
    assert [(i.start, i.length) for i in desk.project.tracks[2].items] == [(2.0, 1.5)]


def reverse(item: Item) -> None:
    take = item.active_take
    assert take is not None
    take.source = Source(type="SECTION", parent=take.source, reverse=True)


CHANGES: dict[str, Any] = {
    "rate": lambda i: i.active_take.values.update(D_PLAYRATE=1.25, B_PPITCH=0),
    "pitch": lambda i: i.active_take.values.update(D_PITCH=3),
    "loop": lambda i: (i.values.update(B_LOOPSRC=1), i.active_take.values.update(D_STARTOFFS=3.5)),
    "reverse": reverse,
    "section": lambda i: setattr(
        i.active_take,
        "source",
        Source(type="SECTION", parent=i.active_take.source, section_start_s=1.0, section_length_s=0.5),
    ),
    "stretch": lambda i: i.active_take.stretch.extend([[0.0, 0.0, 0.0], [3.0, 2.0, 0.0]]),
    "left only": lambda i: i.active_take.values.update(I_CHANMODE=3),
    "starts before its file": lambda i: i.active_take.values.update(D_STARTOFFS=-0.5),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_item_is_read_as_it_sounds(desk: Desk, change: str) -> None:
    desk.item.values["D_LENGTH"] = 1.0
    CHANGES[change](desk.item)
    expected = sim_audio.render(desk.take, 44100, 2, 0.0, 44100)
    assert expected is not None
    asked = desk.request()
    assert asked["items"][0]["temporary"] is True
    heard = desk.heard(asked)
    np.testing.assert_allclose(heard, expected, atol=1e-6)
    desk.finish(asked)
    desk.reaper.idle()
    assert list((desk.home / "audio").iterdir()) == []


def test_take_fx_are_rendered_and_everything_is_put_back(desk: Desk) -> None:
    plugin = find("Volume Adjustment")
    assert plugin is not None
    desk.take.fx.append(instance(plugin))
    desk.take.fx[0].params[0][1] = 0.0  # -6 dB
    history = desk.reaper.history(desk.project)
    history.add("the user's last step")
    before = rpp_text(desk.project)
    asked = desk.request()
    assert rpp_text(desk.project) == before
    assert history.names == ["the user's last step"]
    assert {p.name for p in Path(desk.project.path).parent.glob("*render*")} == set()
    plain, _ = soundfile.read(desk.song, always_2d=True)
    np.testing.assert_allclose(desk.heard(asked), plain[: 3 * 44100] * 10 ** (-6 / 20), atol=1e-5)


def empty(desk: Desk) -> None:
    desk.item.takes.clear()


def midi(desk: Desk) -> None:
    desk.item.takes.clear()
    new_take(desk.item, Source(type="MIDI", midi=MidiData(end=960.0)), "keys")


def offline(desk: Desk) -> None:
    desk.take.source.offline = True


def missing(desk: Desk) -> None:
    desk.song.unlink()


def nothing(desk: Desk) -> None:
    desk.item.values["B_UISEL"] = 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [(empty, "is empty"), (midi, "MIDI already"), (offline, "offline"), (missing, "missing"), (nothing, "Select one")],
)
def test_what_cannot_be_heard_gets_one_sentence_and_changes_nothing(desk: Desk, change: Any, words: str) -> None:
    change(desk)
    before = rpp_text(desk.project)
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert words in desk.said
    assert len(desk.reaper.messages) == 1
    assert rpp_text(desk.project) == before
    assert desk.reaper.history(desk.project).names == []
    assert not any((desk.home / "inbox").iterdir())


def test_an_item_deleted_while_it_is_read_ends_the_job(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0
    script = desk.run("Transcribe selected items")
    desk.reaper.tick()
    desk.reaper.call("DeleteTrackMediaItem", desk.project.tracks[0], desk.item)
    desk.reaper.idle()
    assert "deleted" in desk.said
    assert not script.running


# -- the job ---------------------------------------------------------------------------------------------------


def test_the_window_shows_the_job_and_cancels_it(desk: Desk) -> None:
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    (path,) = (desk.home / "inbox").glob("*.json")
    job = desk.home / "jobs" / path.stem
    job.mkdir()
    path.rename(job / "request.json")
    desk.status(job.name, "running")
    desk.reaper.run_until(lambda: "Separating stems" in script.drawn)
    assert script.window == "dawscribe: song"
    assert {"about 5 s left", "CPU", "Cancel"} <= set(script.drawn)
    script.user("mouse", 320, 90)
    script.user("cap", 1)
    desk.reaper.tick()
    script.user("cap", 0)
    desk.reaper.run_until(lambda: (job / "cancel").exists())
    desk.status(job.name, "cancelled")
    desk.reaper.idle()
    assert script.window is None
    assert desk.reaper.messages == []
    assert len(desk.project.tracks) == 2


def test_a_closed_window_is_no_cancel(desk: Desk) -> None:
    asked = desk.request()
    (script,) = desk.reaper.scripts
    script.user("close")
    desk.reaper.tick()
    desk.finish(asked)
    desk.reaper.idle()
    assert not (desk.home / "jobs" / asked["id"] / "cancel").exists()
    assert len(desk.project.tracks) == 5


def test_the_cancel_action_cancels_what_runs(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "running")
    desk.run("Cancel")
    assert (desk.home / "jobs" / asked["id"] / "cancel").exists()
    desk.status(asked["id"], "cancelled")
    desk.reaper.idle()


def test_a_failure_is_shown_as_the_daemon_said_it(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "failed", message="demo.wav is damaged; export the audio again.")
    desk.reaper.idle()
    assert desk.said == "demo.wav is damaged; export the audio again."


def test_a_refused_request_is_explained(desk: Desk) -> None:
    desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    (path,) = (desk.home / "inbox").glob("*.json")
    (desk.home / "refused").mkdir()
    (desk.home / "refused" / path.name).write_text('{"message": "The host is unknown."}')
    desk.reaper.idle()
    assert desk.said == "The host is unknown."


def test_without_a_launcher_the_user_is_told_what_to_do(desk: Desk) -> None:
    (desk.home / "daemon.json").unlink()
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert "dawscribe setup reaper" in desk.said


def test_another_protocol_is_refused_and_another_version_noted(desk: Desk) -> None:
    desk.beat(protocol=2)
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert "protocol 2" in desk.said
    desk.beat(version="9.9.9")
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any("9.9.9" in line for line in script.drawn))
    desk.reaper.close()


# -- from outside ----------------------------------------------------------------------------------------------


def command(desk: Desk, **changes: object) -> None:
    (desk.home / "commands").mkdir(exist_ok=True)
    content = {"command": "transcribe_selected", "time": int(time.time()), "options": {"stems": ["bass"]}, **changes}
    (desk.home / "commands" / "reaper.json").write_text(json.dumps(content))


def test_the_listener_obeys_commands_with_their_options(desk: Desk) -> None:
    listener = desk.run("Background listener")
    command(desk)
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    (path,) = (desk.home / "inbox").glob("*.json")
    assert json.loads(path.read_text())["options"]["stems"] == ["bass"]
    assert listener.running
    desk.reaper.close()


def test_the_listener_leaves_old_and_unknown_commands_alone(desk: Desk) -> None:
    desk.run("Background listener")
    for changes in ({"time": 1000}, {"command": "os.execute"}):
        command(desk, **changes)
        desk.reaper.run_until(lambda: not (desk.home / "commands" / "reaper.json").exists())
    for _ in range(3):
        desk.reaper.tick()
    assert not any((desk.home / "inbox").iterdir())
    desk.reaper.close()


def test_set_up_switches_the_listener_on_and_off_and_keeps_what_is_there(desk: Desk) -> None:
    startup = desk.reaper.resource_path / "Scripts" / "__startup.lua"
    startup.parent.mkdir()
    startup.write_text("-- mine\n")
    desk.reaper.answers.extend([6, 6, 7])
    desk.run("Set up")
    assert startup.read_text().startswith("-- mine\n-- dawscribe begin\n")
    desk.reaper.run(startup)
    command(desk)
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    desk.reaper.close()
    desk.run("Set up")
    assert startup.read_text() == "-- mine\n"
    desk.run("Set up")
    assert startup.read_text() == "-- mine\n"
    desk.reaper.close()
