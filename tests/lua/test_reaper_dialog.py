"""The options in a window of ReaImGui, and the pictures of window and dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.lua.desk import SCRIPTS, Desk
from tests.reaper_sim import Reaper
from tests.reaper_sim.window_picture import draw_dialog, draw_window


@pytest.fixture
def with_imgui(desk: Desk) -> Desk:
    desk.reaper.groups = desk.reaper.groups | {"ReaImGui"}
    return desk


def boxes(desk: Desk) -> dict[str, str]:
    return {label: value for kind, label, value in desk.reaper.dialog if kind in ("box", "list", "slider")}


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
    for question in ("offlineinact", "redo list", "beyond ASCII", "who has the keyboard", "ReaSynth: every parameter"):
        answer = reaper.console.split(question)[1].split("\n")[1]
        assert "FAILED" not in answer
    reaper.close()
    for process in reaper.processes:
        process.wait()
