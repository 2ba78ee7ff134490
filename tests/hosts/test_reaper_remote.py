"""A running REAPER, reached from outside: by our listener, by its OSC surface, by python-reapy's real server."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer

from bridge.errors import HostError
from bridge.hosts.reaper.actions import ACTION, ACTIONS, LISTENER, command_id, script_path
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context, RemoteHost
from tests.raising import raises_code
from tests.reaper_sim import Reaper
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.model import Project

SCRIPTS = Path(__file__).parents[2] / "daw_scripts"
PATIENCE_S = 30.0


def host(home: Path, **options: object) -> RemoteHost:
    context = Context(model=lambda name: Path(name), cache=home / "cache", home=home)
    made: RemoteHost = plugins.create("hosts", "reaper", options, context)
    return made


def install(resources: Path) -> None:
    """The scripts where the installer puts them, as links."""
    target = resources / "Scripts" / "dawscribe"
    target.mkdir(parents=True)
    for script in (SCRIPTS / "reaper").glob("dawscribe_*.lua"):
        (target / script.name).symlink_to(script)
    (target / "lib").symlink_to(SCRIPTS / "reaper" / "lib")
    (target / "shared").symlink_to(SCRIPTS / "lib")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    for name in ("inbox", "jobs", "commands"):
        (folder / name).mkdir(parents=True)
    beat = {"pid": 1, "version": "0.1.0", "protocol": 1, "heartbeat": time.time() + 3600}
    (folder / "daemon.json").write_text(json.dumps(beat))
    monkeypatch.setenv("DAWSCRIBE_HOME", str(folder))
    return folder


@pytest.fixture
def reaper(tmp_path: Path) -> Iterator[Reaper]:
    made = Reaper(tmp_path / "resources", extensions=())
    install(made.resource_path)
    made.tick_s = 0.005
    project = Project()
    project.tracks = [new_track("Song")]
    audio_item(project.tracks[0], tone(tmp_path / "song.wav", 2.0), 0.0, 2.0).values["B_UISEL"] = 1.0
    made.open(project)
    with made.quitting():
        yield made


def requests(home: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in (home / "inbox").glob("*.json")]


def ask_while_reaper_runs(reaper: Reaper, asked: RemoteHost, home: Path) -> None:
    """``request_selected`` in a thread of its own, REAPER's loop in this one."""
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            asked.request_selected({"stems": ["bass"]})
        except HostError as e:
            failures.append(e)

    thread = threading.Thread(target=ask)
    thread.start()
    reaper.run_until(lambda: bool(failures or (requests(home) and not thread.is_alive())), PATIENCE_S)
    thread.join()
    if failures:
        raise failures[0]


def test_the_listener_takes_the_command_with_its_options(reaper: Reaper, home: Path) -> None:
    reaper.run(reaper.resource_path / "Scripts" / script_path(LISTENER))
    ask_while_reaper_runs(reaper, host(home), home)
    (request,) = requests(home)
    assert request["options"] == {"keep_stems": True, "stems": ["bass"]}


def test_without_reaper_the_user_is_told_what_to_do_and_no_command_stays(home: Path) -> None:
    with raises_code("host-silent"):
        host(home).request_selected({})
    assert list((home / "commands").iterdir()) == []


def test_without_reaper_a_reapy_that_is_missing_is_told_too_and_no_command_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "reapy", None)
    with raises_code("host-silent") as caught:
        host(home, reapy=True).request_selected({})
    assert sys.executable in str(caught.value)
    assert list((home / "commands").iterdir()) == []


def test_reapers_osc_surface_runs_the_action(reaper: Reaper, home: Path) -> None:
    for action in ACTIONS:
        reaper.register(reaper.resource_path / "Scripts" / script_path(action))
    called: queue.Queue[str] = queue.Queue()
    dispatcher = Dispatcher()
    dispatcher.map("/action/str", lambda _address, name: called.put(name))
    with ThreadingOSCUDPServer(("127.0.0.1", 0), dispatcher) as surface:
        threading.Thread(target=surface.serve_forever, daemon=True).start()
        asked = host(home, osc_port=surface.server_address[1])
        thread = threading.Thread(target=asked.request_selected, args=({"stems": ["bass"]},))
        thread.start()
        name = called.get(timeout=PATIENCE_S)
        number = reaper.call("NamedCommandLookup", name)[0]
        assert number
        reaper.call("Main_OnCommand", number, 0)
        reaper.run_until(lambda: bool(requests(home)), PATIENCE_S)
        thread.join()
        surface.shutdown()
    (request,) = requests(home)
    assert request["options"] == {"keep_stems": True, "stems": ["bass"]}


def test_the_command_ids_are_those_reaper_derives(reaper: Reaper) -> None:
    number = reaper.register(reaper.resource_path / "Scripts" / script_path(ACTION))
    assert "_" + reaper.call("ReverseNamedCommandLookup", number)[0] == command_id(ACTION)


@pytest.mark.slow
def test_reapys_real_server_runs_the_action(tmp_path: Path, home: Path) -> None:
    pytest.importorskip("reapy", reason="pip install python-reapy")
    resources = tmp_path / "resources"
    install(resources)
    wav = tone(tmp_path / "song.wav", 2.0)
    server = Path(__file__).with_name("reapy_server.py")
    script = resources / "Scripts" / script_path(ACTION)
    process = subprocess.Popen(
        [sys.executable, str(server), str(resources), str(wav), str(script)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        # reapy looks for REAPER once, when it is imported: so in a process of its own.
        asking = (
            "import sys, pathlib, tests.hosts.test_reaper_remote as t;"
            "t.host(pathlib.Path(sys.argv[1]), reapy=True).request_selected({'stems': ['bass']})"
        )
        root = Path(__file__).parents[2]
        subprocess.run([sys.executable, "-c", asking, str(home)], cwd=root, check=True, timeout=PATIENCE_S)
        end = time.monotonic() + PATIENCE_S
        while not requests(home) and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        process.kill()
        process.communicate()
    (request,) = requests(home)
    assert request["options"] == {"keep_stems": True, "stems": ["bass"]}
