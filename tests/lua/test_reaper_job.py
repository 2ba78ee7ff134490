"""A running job in REAPER: its window, its failures, its end."""

from __future__ import annotations

from tests.lua.desk import Desk


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
