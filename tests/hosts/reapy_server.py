"""python-reapy's own server, run as if inside REAPER, with the simulated REAPER behind it.

Started as a process: ``python reapy_server.py RESOURCES WAV SCRIPT``. It prints "ready" when its web interface answers.
"""

from __future__ import annotations

import contextlib
import http.server
import importlib.util
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.reaper_sim import Reaper, signatures
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.demo import audio_item
from tests.reaper_sim.model import Project

ACTIVATE = "_RS" + "a" * 40
PATIENCE_S = 60
obj = object()
"""reapy takes a program whose main module has this name for REAPER."""
WAITING: list[str] = []
GO = threading.Event()


def RPR_defer(code: str) -> None:
    WAITING.append(code)


def RPR_atexit(code: str) -> None:
    del code


def reaper_python(reaper: Reaper) -> types.ModuleType:
    """The module REAPER gives to Python scripts; only functions without output buffers are needed here."""
    module = types.ModuleType("reaper_python")
    module.__dict__["_ft"] = {}
    for name, signature in signatures.load().items():
        if signature.group == "reaper":
            module.__dict__[f"RPR_{name}"] = _caller(reaper, name)
    module.__dict__["RPR_defer"], module.__dict__["RPR_atexit"] = RPR_defer, RPR_atexit
    return module


def _caller(reaper: Reaper, name: str) -> Any:
    def call(*args: object) -> Any:
        result = reaper.call(name, *args)
        return result[0] if result else None

    return call


class WebInterface(http.server.BaseHTTPRequestHandler):
    """REAPER's web interface, as far as reapy asks it."""

    reaper: Reaper

    def log_message(self, *args: object) -> None:
        del args

    def do_GET(self) -> None:
        out = ""
        for command in filter(None, self.path.removeprefix("/_/").split(";")):
            if command.startswith("GET/EXTSTATE/"):
                section, key = command.split("/")[2:4]
                out += f"EXTSTATE\t{section}\t{key}\t{self.reaper.call('GetExtState', section, key)[0]}\n"
            elif command == ACTIVATE:
                GO.set()
                time.sleep(0.5)  # REAPER replies after the action's synchronous part
        self.send_response(200)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out.encode())


def main() -> None:
    resources, wav, script = (Path(word) for word in sys.argv[1:4])
    reaper = Reaper(resources, extensions=())
    project = Project(path=str(resources / "song.rpp"))
    project.tracks = [new_track("Song")]
    audio_item(project.tracks[0], wav, 0.0, 2.0).values["B_UISEL"] = 1.0
    reaper.open(project)
    reaper.register(script)
    reaper.call("SetExtState", "reapy", "activate_reapy_server", f'"{ACTIVATE}"', True)
    sys.modules["reaper_python"] = reaper_python(reaper)
    import reapy.config

    WebInterface.reaper = reaper
    web = http.server.ThreadingHTTPServer(("127.0.0.1", reapy.config.WEB_INTERFACE_PORT), WebInterface)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    print("ready", flush=True)
    GO.wait(PATIENCE_S)
    spec = importlib.util.find_spec("reapy.reascripts.activate_reapy_server")
    assert spec is not None
    assert spec.origin is not None
    exec(compile(Path(spec.origin).read_text(), spec.origin, "exec"), globals())
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        codes, WAITING[:] = WAITING[:], []
        for code in codes:
            exec(code, globals())
        with contextlib.suppress(ConnectionError):
            reaper.tick()
        time.sleep(1 / 30)


if __name__ == "__main__":
    main()
