"""How other programs reach REAPER's selection."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.lua.desk import RESULT, Desk
from tests.reaper_sim.registry import FUNCTIONS


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


def requests(desk: Desk) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in (desk.home / "inbox").glob("*.json")]


def test_every_option_of_the_protocol_comes_through_and_nothing_else(desk: Desk) -> None:
    options = {
        "stems": ["bass", "drums"], "separator": "whole_mix", "role": "bass", "transcribers": {"bass": "melody"},
        "device": "cpu", "quantise": "1/8T", "quantise_strength": 0.5, "keep_stems": False,
    }  # fmt: skip
    command(desk, options=options | {"unknown": 1})
    desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: bool(requests(desk)))
    assert requests(desk)[0]["options"] == options
    desk.reaper.close()


def test_options_that_do_not_fit_are_left_out(desk: Desk) -> None:
    wrong = {
        "stems": [1, {}], "separator": "a b; c", "role": 3, "transcribers": {"bass": ["x"]}, "device": True,
        "quantise": "", "quantise_strength": 7, "keep_stems": "yes",
    }  # fmt: skip
    command(desk, options=wrong)
    desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: bool(requests(desk)))
    assert requests(desk)[0]["options"] == {"keep_stems": True}
    desk.reaper.close()


def test_a_command_is_taken_also_when_nothing_is_selected(desk: Desk) -> None:
    desk.item.values["B_UISEL"] = 0.0
    command(desk)
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert not (desk.home / "commands" / "reaper.json").exists()
    assert "Select one" in desk.reaper.console
    assert desk.reaper.messages == []  # whoever sent it may not sit at the screen


def two_jobs(desk: Desk) -> list[str]:
    """Two jobs of one listener, both running."""
    desk.run("Background listener")
    command(desk)
    desk.reaper.run_until(lambda: len(requests(desk)) == 1)
    command(desk)
    desk.reaper.run_until(lambda: len(requests(desk)) == 2)
    ids = []
    for path in (desk.home / "inbox").glob("*.json"):
        job = desk.home / "jobs" / path.stem
        job.mkdir()
        path.rename(job / "request.json")
        desk.status(job.name, "running")
        ids.append(job.name)
    return ids


def test_each_job_of_the_listener_has_a_window_and_an_end_of_its_own(desk: Desk) -> None:
    ids = two_jobs(desk)
    listener, first, second = desk.reaper.scripts
    assert (listener.window, first.window, second.window) == (None, "dawscribe: song", "dawscribe: song")
    first.click("Cancel")
    desk.reaper.run_until(lambda: any((desk.home / "jobs" / i / "cancel").exists() for i in ids))
    (cancelled,) = [i for i in ids if (desk.home / "jobs" / i / "cancel").exists()]
    desk.status(cancelled, "cancelled")
    desk.reaper.run_until(lambda: not first.running)
    assert second.window == "dawscribe: song"
    assert listener.running
    desk.reaper.close()


def test_a_job_that_fails_does_not_hold_the_listener_up(desk: Desk) -> None:
    for job in two_jobs(desk):
        desk.status(job, "failed", message="song.wav is damaged.")
    listener, *others = desk.reaper.scripts
    desk.reaper.run_until(lambda: not any(script.running for script in others))
    assert desk.reaper.messages == []
    assert desk.reaper.console.count("song.wav is damaged.") == 2
    assert listener.running
    desk.reaper.close()


def test_the_listener_survives_what_goes_wrong(desk: Desk) -> None:
    listener = desk.run("Background listener")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FUNCTIONS, "AddRemoveReaScript", lambda *_: 0)
        command(desk)
        desk.reaper.run_until(lambda: "could not register" in desk.reaper.console)
    assert listener.running
    command(desk)
    desk.reaper.run_until(lambda: bool(requests(desk)))
    desk.reaper.close()


def test_the_listener_shares_nothing_with_other_start_up_scripts(desk: Desk) -> None:
    scripts = desk.reaper.resource_path / "Scripts"
    (scripts / "other").mkdir(parents=True)
    (scripts / "other" / "json.lua").write_text("return { decode = function() error('another json') end }")
    (scripts / "other" / "settings.lua").write_text("return { mine = true }")
    desk.reaper.answers.append(6)
    desk.run("Set up")
    startup = scripts / "__startup.lua"
    path = f"package.path = '{scripts}/other/?.lua;' .. package.path\n"
    after = "\nreaper.ShowConsoleMsg('mine: ' .. tostring(require('settings').mine))"
    startup.write_text(path + "require 'json'\n" + startup.read_text() + after)
    desk.reaper.run(startup)
    assert desk.reaper.console == "mine: true"
    command(desk)
    desk.reaper.run_until(lambda: bool(requests(desk)))
    desk.reaper.close()


def test_set_up_switches_the_listener_on_and_off_and_keeps_what_is_there(desk: Desk) -> None:
    startup = desk.reaper.resource_path / "Scripts" / "__startup.lua"
    startup.parent.mkdir()
    startup.write_text("-- mine\n")
    desk.reaper.answers.extend([6, 7, 6, 7, 7, 7])
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


def revise(desk: Desk, asked: dict[str, Any], revision: int) -> None:
    """The daemon has a corrected result: the bass plays one note more."""
    parts = json.loads(json.dumps(RESULT["items"][0]["parts"]))
    parts[1]["notes"].append([1.2, 1.5, 45, 80, 0.9])
    desk.finish(asked, revision=revision, items=[
        {**{k: v for k, v in asked["items"][0].items() if k != "audio"}, "length_s": 3.0, "parts": parts, "stems": []}
    ])  # fmt: skip
    desk.status(asked["id"], "done", revision=revision)


def test_the_listener_brings_a_correction_in_by_itself_and_only_once(desk: Desk) -> None:
    asked = desk.transcribe()
    desk.run("Background listener")
    revise(desk, asked, 2)
    desk.reaper.clock_ahead_s += 3.0
    bass = desk.project.tracks[3]
    desk.reaper.run_until(lambda: len(bass.items[0].takes[0].source.midi.notes) == 3)  # type: ignore[union-attr]
    assert desk.reaper.history(desk.project).names == ["Transcribe song", "Update transcription of song"]
    # What the user takes back stays so.
    desk.reaper.history(desk.project).step(-1)
    for _ in range(3):
        desk.reaper.clock_ahead_s += 3.0
        for _ in range(5):
            desk.reaper.tick()
    assert len(desk.project.tracks[3].items[0].takes[0].source.midi.notes) == 2  # type: ignore[union-attr]
    desk.reaper.close()


def test_set_up_starts_the_listener_at_once_and_ends_it(desk: Desk) -> None:
    (desk.reaper.resource_path / "Scripts").mkdir()
    desk.reaper.answers.extend([6, 7, 6, 7])
    desk.run("Set up")
    (listener,) = [s for s in desk.reaper.scripts if s.running and "listener" in s.path.name]
    command(desk)
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    desk.run("Set up")
    desk.reaper.run_until(lambda: not listener.running)
    desk.reaper.close()
