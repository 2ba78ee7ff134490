"""A running job in REAPER: its window, its failures, its end."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lua.desk import Desk
from tests.reaper_sim.demo import audio_item, tone


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
    script.user("mouse", 320, 108)
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


def slow_item(desk: Desk) -> None:
    """The item takes many ticks to read."""
    desk.take.source.path = str(tone(desk.song.parent / "long.wav", 60.0))
    desk.item.values["D_LENGTH"] = 58.0
    desk.take.values["D_PITCH"] = 1.0


def read_a_little(desk: Desk) -> Any:
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any(p.stat().st_size > 100_000 for p in (desk.home / "audio").iterdir()))
    return script


def escape(script: Any) -> None:
    """The user cancels in the window."""
    script.click("Cancel")


@pytest.mark.parametrize("by", ["window", "action"])
@pytest.mark.first_is_enough
def test_a_cancel_while_the_item_is_read_leaves_nothing_behind(desk: Desk, by: str) -> None:
    slow_item(desk)
    script = read_a_little(desk)
    if by == "window":
        escape(script)
    else:
        desk.run("Cancel")
    desk.reaper.idle()
    assert desk.reaper.messages == []
    assert script.window is None
    assert list((desk.home / "audio").iterdir()) == []
    assert list((desk.home / "inbox").iterdir()) == []


@pytest.mark.parametrize("by", ["window", "action"])
@pytest.mark.first_is_enough
def test_a_cancel_before_the_daemon_has_taken_the_request_takes_it_back(desk: Desk, by: str) -> None:
    desk.take.values["D_PITCH"] = 1.0
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    if by == "window":
        escape(script)
    else:
        desk.run("Cancel")
    desk.reaper.run_until(lambda: script.window is None and not any((desk.home / "inbox").iterdir()))
    # It stays a moment in the background: the daemon may have read the request already.
    for _ in range(3):
        desk.reaper.tick()
        desk.reaper.clock_ahead_s += 60.0
    desk.reaper.idle()
    assert desk.reaper.messages == []
    assert list((desk.home / "audio").iterdir()) == []


def test_a_cancel_reaches_a_request_that_is_being_taken_over(desk: Desk) -> None:
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    (path,) = (desk.home / "inbox").glob("*.json")
    text = path.read_text()  # the daemon has read it, the job folder comes a moment later
    escape(script)
    desk.reaper.run_until(lambda: not path.exists())
    job = desk.home / "jobs" / path.stem
    job.mkdir()
    (job / "request.json").write_text(text)
    desk.status(job.name, "queued")
    desk.reaper.run_until(lambda: (job / "cancel").exists())
    desk.status(job.name, "cancelled")
    desk.reaper.idle()
    assert desk.reaper.messages == []


def test_a_cancel_closes_the_window_also_when_no_daemon_answers(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "running")
    desk.reaper.tick()
    desk.beat(heartbeat=time.time() - 60)
    (script,) = desk.reaper.scripts
    escape(script)
    desk.reaper.idle()
    assert script.window is None
    assert (desk.home / "jobs" / asked["id"] / "cancel").exists()
    assert desk.reaper.messages == []


def test_the_cancel_action_finds_a_job_that_an_open_menu_held_up(desk: Desk) -> None:
    slow_item(desk)
    read_a_little(desk)
    desk.reaper.clock_ahead_s += 10.0
    desk.run("Cancel")
    desk.reaper.idle()
    assert desk.reaper.messages == []
    assert list((desk.home / "audio").iterdir()) == []


def test_nothing_to_cancel_is_said(desk: Desk) -> None:
    desk.run("Cancel")
    assert desk.said == "There is no transcription to cancel."
    desk.transcribe()
    desk.run("Cancel")
    assert len(desk.reaper.messages) == 2
    assert desk.reaper.history(desk.project).names == ["Transcribe song"]


def test_what_a_cancelled_job_still_gave_is_not_offered_later(desk: Desk) -> None:
    asked = desk.request()
    (script,) = desk.reaper.scripts
    escape(script)
    desk.reaper.tick()
    desk.finish(asked)
    desk.reaper.idle()
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert len(desk.project.tracks) == 2


def test_a_daemon_that_died_is_started_again_and_the_job_goes_on(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "running")
    started = desk.home / "started"
    (desk.home / "launcher.json").write_text(json.dumps({"command": ["/usr/bin/touch", str(started)]}))
    desk.beat(heartbeat=time.time() - 60)
    desk.reaper.run_until(started.exists)
    (script,) = desk.reaper.scripts
    desk.reaper.run_until(lambda: "Starting dawscribe" in script.drawn)
    for process in desk.reaper.processes:
        process.wait()
    desk.beat()
    desk.finish(asked)
    desk.reaper.idle()
    assert desk.reaper.messages == []
    assert len(desk.project.tracks) == 5


def test_a_daemon_that_cannot_be_started_again_ends_the_job_with_a_sentence(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "running")
    (desk.home / "daemon.json").unlink()
    desk.reaper.idle()
    assert "dawscribe setup reaper" in desk.said


def test_a_job_folder_that_is_gone_ends_the_job_with_a_sentence(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "running")
    for _ in range(3):
        desk.reaper.tick()
    shutil.rmtree(desk.home / "jobs" / asked["id"])
    (script,) = desk.reaper.scripts
    desk.reaper.clock_ahead_s += 1.0
    desk.reaper.tick()
    assert script.running
    desk.reaper.clock_ahead_s += 60.0
    desk.reaper.idle()
    assert desk.said == "The job was removed before it was done; transcribe the item again."


def test_a_failure_in_a_later_item_leaves_no_audio_of_the_earlier_ones(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0
    # Long, so that its file is still being written when it is deleted, on the fastest machine.
    second = audio_item(desk.project.tracks[0], desk.song, 6.0, 120.0)
    second.values["B_UISEL"] = 1.0
    assert second.active_take is not None
    second.active_take.values["D_PITCH"] = 2.0
    desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: len(list((desk.home / "audio").iterdir())) == 2)
    desk.reaper.call("DeleteTrackMediaItem", desk.project.tracks[0], second)
    desk.reaper.idle()
    assert "deleted" in desk.said
    assert list((desk.home / "audio").iterdir()) == []


def test_a_failed_job_keeps_its_audio_for_another_try(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0
    asked = desk.request()
    desk.status(asked["id"], "failed", message="The disk is full.")
    desk.reaper.idle()
    assert desk.said == "The disk is full."
    assert Path(asked["items"][0]["audio"]["path"]).exists()


def test_quitting_while_the_item_is_read_leaves_nothing_behind(desk: Desk) -> None:
    slow_item(desk)
    read_a_little(desk)
    desk.reaper.close()
    assert list((desk.home / "audio").iterdir()) == []


def test_the_cancel_action_cancels_what_runs(desk: Desk) -> None:
    asked = desk.request()
    desk.status(asked["id"], "running")
    desk.run("Cancel")
    assert (desk.home / "jobs" / asked["id"] / "cancel").exists()
    desk.status(asked["id"], "cancelled")
    desk.reaper.idle()
    assert desk.reaper.messages == []


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
    desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any((desk.home / "inbox").iterdir()))
    (script,) = desk.reaper.scripts
    desk.reaper.tick()
    assert "dawscribe is 9.9.9" in " ".join(text for text, _, _ in script.frame)
    desk.reaper.close()


def test_the_window_says_why_the_daemon_cannot_take_the_request_over(desk: Desk) -> None:
    problem = "The job could not be written to /home/me/.dawscribe/jobs/x; free some disk space."
    desk.beat(problem=problem)
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: problem in " ".join(script.drawn))
    button = next(x for text, x, _ in script.frame if text == "Cancel")
    assert all(x + 8 * len(line) < button for line, x, _ in script.frame if line != "Cancel")
    desk.beat(problem="")
    asked = desk.taken_over()
    desk.status(asked["id"], "running")
    script.drawn.clear()
    desk.reaper.run_until(lambda: "CPU" in script.drawn)
    assert problem not in " ".join(script.drawn[script.drawn.index("CPU") :])
    desk.reaper.close()
