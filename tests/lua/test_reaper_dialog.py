"""The options in a window of ReaImGui, and the pictures of window and dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.lua.desk import SCRIPTS, Desk, names
from tests.reaper_sim import Reaper
from tests.reaper_sim.demo import audio_item
from tests.reaper_sim.window_picture import draw_dialog, draw_window

BEAT = "Beat as known"
HELP = "write a tempo (97.3), x2 or x1/2, a metre (3/4), or @0.42 for a bar that begins there"


@pytest.fixture
def with_imgui(desk: Desk) -> Desk:
    desk.reaper.groups = desk.reaper.groups | {"ReaImGui"}
    return desk


def boxes(desk: Desk) -> dict[str, str]:
    return {label: value for kind, label, value in desk.reaper.dialog if kind in ("box", "list", "slider", "entry")}


def test_the_dialog_asks_with_boxes_and_lists_and_remembers(with_imgui: Desk) -> None:
    desk = with_imgui
    desk.run("Transcribe with options")
    desk.reaper.tick()
    shown = boxes(desk)
    assert [shown[role] for role in ("drums", "bass", "vocals", "guitar", "piano", "other")] == ["x"] * 6
    assert ("text", "1 items, 0:03 min", "") not in desk.reaper.dialog
    assert ("text", "1 item, 0:03 min", "") in desk.reaper.dialog
    desk.reaper.hands |= {"vocals": False, "Quantise to": "1/16", "Whose grid": "project", "Sensitivity 0 to 1": 0.8}
    desk.reaper.tick()
    desk.reaper.hands["Transcribe"] = True
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    assert desk.taken_over()["options"] == {
        "keep_stems": True, "stems": ["drums", "bass", "guitar", "piano", "other"], "quantise": "1/16",
        "quantise_strength": 1.0, "grid_source": "project", "sensitivity": 0.8,
    }  # fmt: skip
    desk.reaper.close()
    desk.run("Transcribe with options")
    desk.reaper.tick()
    assert boxes(desk)["vocals"] == ""
    assert boxes(desk)["Quantise to"] == "1/16"
    desk.reaper.close()


def test_the_quality_is_ticked_in_the_window(with_imgui: Desk) -> None:
    desk = with_imgui
    desk.run("Transcribe with options")
    desk.reaper.hands |= {"Draft: hear the mix as it is, in seconds": True}
    desk.reaper.tick()
    desk.reaper.hands["Transcribe"] = True
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    assert desk.taken_over()["options"] == {"keep_stems": True, "quality": "draft"}
    desk.reaper.close()


@pytest.mark.parametrize(("more", "quality"), [("", None), ("regions best", "best"), ("draft", "draft")])
def test_the_quality_is_a_word_in_reapers_own_dialog(desk: Desk, more: str, quality: str | None) -> None:
    desk.choose(more=more)
    assert desk.request("Transcribe with options")["options"].get("quality") == quality


def test_each_item_may_be_a_part_and_the_beat_a_hint(with_imgui: Desk) -> None:
    desk = with_imgui
    audio_item(desk.project.tracks[1], desk.song, 5.0, 2.0).values["B_UISEL"] = 1.0
    desk.project.tracks[1].items[0].takes[0].name = "DI"  # type: ignore[union-attr]
    desk.run("Transcribe with options")
    desk.reaper.tick()
    assert boxes(desk)["song is"] == boxes(desk)["DI is"] == "mix"
    desk.reaper.hands |= {"DI is": "bass", BEAT: "97,3 waltz"}
    desk.reaper.tick()
    desk.reaper.hands["Transcribe"] = True
    for _ in range(3):
        desk.reaper.tick()
    assert ("text", f'"waltz" says nothing of the beat; {HELP}.', "") in desk.reaper.dialog
    desk.reaper.hands |= {BEAT: "97,3 x2 3/4 @0.42", "Transcribe": True}
    found = []
    for _ in range(2):
        desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
        asked = desk.taken_over()
        found.append(([item["name"] for item in asked["items"]], asked["options"]))
        desk.finish(asked)
    desk.reaper.idle()
    hint = {"keep_stems": True, "bpm": 97.3, "tempo": "x2", "beats_per_bar": 3, "first_downbeat": 0.42}
    assert found == [(["song"], hint), (["DI"], {**hint, "separator": "whole_mix", "role": "bass"})]
    assert [name for name, _ in names(desk.project)] == [
        "Song", "song (transcribed)", "Drums", "Bass", "Other", "DI (transcribed)", "Drums", "Bass",
    ]  # fmt: skip


def test_a_cancelled_job_starts_no_other(with_imgui: Desk) -> None:
    desk = with_imgui
    audio_item(desk.project.tracks[1], desk.song, 5.0, 2.0).values["B_UISEL"] = 1.0
    desk.choose(role="mix bass")
    desk.reaper.groups = desk.reaper.groups - {"ReaImGui"}
    asked = desk.request("Transcribe with options")
    desk.run("Cancel")
    desk.reaper.run_until(lambda: (desk.home / "jobs" / asked["id"] / "cancel").exists())
    desk.status(asked["id"], "cancelled")
    desk.reaper.idle()
    assert not any((desk.home / "inbox").iterdir())


@pytest.mark.parametrize("by", ["Cancel", "close"])
def test_a_dialog_that_is_cancelled_changes_nothing(with_imgui: Desk, by: str) -> None:
    desk = with_imgui
    desk.run("Transcribe with options")
    desk.reaper.hands |= {"vocals": False, by: True}
    desk.reaper.idle()
    assert not any((desk.home / "inbox").iterdir())
    assert desk.reaper.history(desk.project).names == []
    desk.run("Transcribe with options")
    desk.reaper.tick()
    assert boxes(desk)["vocals"] == "x"
    desk.reaper.close()


def test_window_and_dialog_can_be_drawn(with_imgui: Desk, tmp_path: Path) -> None:
    desk = with_imgui
    asked = desk.request()
    desk.status(asked["id"], "running", stage="transcribe", fraction=0.6, eta_s=7, notes=412, device="CPU (OpenVINO)")
    (script,) = desk.reaper.scripts
    desk.reaper.run_until(lambda: "Listening for notes" in [text for text, _, _ in script.frame])
    draw_window(script, tmp_path / "window.png")
    desk.reaper.close()
    desk.run("Transcribe with options")
    desk.reaper.tick()
    draw_dialog(desk.reaper, tmp_path / "dialog.png")
    desk.reaper.close()
    for name in ("window.png", "dialog.png"):
        with Image.open(tmp_path / name) as image:
            assert len(image.getcolors(1 << 20) or []) > 5


def test_the_probe_runs_to_its_end(tmp_path: Path) -> None:
    reaper = Reaper(tmp_path, extensions=())
    reaper.project.path = str(tmp_path / "empty.rpp")
    reaper.run(SCRIPTS / "dev" / "dawscribe_Probe.lua")
    first = (
        "offlineinact",
        "redo list",
        "beyond ASCII",
        "who has the keyboard",
        "ReaSynth: every parameter",
        "comp lane",
    )
    later = ("MP3: at which", "while recording", "tab that plays", "Quitting", "ExecProcess with -2", "names plug-ins")
    for question in (*first, *later):
        answer = reaper.console.split(question)[1].split("\n")[1]
        assert "FAILED" not in answer
    reaper.close()
    for process in reaper.processes:
        process.wait()
