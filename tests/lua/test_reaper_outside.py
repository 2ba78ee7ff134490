"""How other programs reach REAPER's selection."""

from __future__ import annotations

import json
import time

from tests.lua.desk import Desk


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
