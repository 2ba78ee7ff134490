"""The real Ardour on a virtual screen: start without dialogs, mouse, keys, screenshots, stop."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pythonosc.osc_message_builder import OscMessageBuilder

from tests.support import PATIENCE_S, wait_for

NEEDED = ("ardour", "ardour7-lua", "Xvfb", "xdotool", "import")
"""Programs of the Debian packages ardour, xvfb, xdotool and imagemagick."""

ENGINE = (
    '<State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="" output-device="" '
    'sample-rate="{rate}" buffer-size="1024" n-periods="0" input-latency="0" output-latency="0" lm-input="" '
    'lm-output="" active="1" use-buffered-io="0" midi-option="1 in, 1 out, Silence" lru="1"><MIDIDevices/></State>'
)
"""Ardour skips a remembered engine with any attribute missing, and then asks for one."""

CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="hide-dummy-backend" value="0"/>
    <Option name="discover-plugins-on-start" value="0"/>
    <Option name="ask-setup-instrument" value="0"/>
    <Option name="copy-demo-sessions" value="0"/>
  </Config>
  <Extra><AudioMIDISetup><EngineStates>{engine}</EngineStates></AudioMIDISetup></Extra>
</Ardour>
"""


@dataclass
class Place:
    """A musician's home folder of its own: configuration, plug-ins, dawscribe's spool."""

    root: Path
    rate: int = 44_100
    extra: dict[str, str] = field(default_factory=dict)
    """Further environment."""

    @property
    def config(self) -> Path:
        return self.root / "config" / "ardour7"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "OMP_NUM_THREADS")}
        return kept | {
            "HOME": str(self.root),
            "XDG_CONFIG_HOME": str(self.root / "config"),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            "XDG_RUNTIME_DIR": str(self.root),
            "DAWSCRIBE_HOME": str(self.spool),
            "LC_ALL": "C.UTF-8",
            **self.extra,
        }

    def write_config(self) -> None:
        """A configuration with which Ardour starts without questions."""
        (self.config / "scripts").mkdir(parents=True)
        (self.config / ".a7").touch()
        engine = ENGINE.format(rate=self.rate)
        (self.config / "config").write_text(CONFIG.format(engine=engine))

    def lua(self, script: Path, **variables: object) -> str:
        """Run a script in ardour7-lua and return what it printed; its exit status says nothing (it may crash
        while it ends)."""
        environment = self.environment | {k: str(v) for k, v in variables.items()}
        # A configuration of its own: luasession would write into the GUI's.
        environment["XDG_CONFIG_HOME"] = str(self.root / "config-lua")
        done = subprocess.run(
            [shutil.which("ardour7-lua") or "", str(script)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout


TOOLBAR = "64x50+1206+33"
"""An area of the toolbar with its script buttons."""
START_S = 150.0
"""Longest wait for Ardour's start: soundfonts of 150 MB a track on a busy machine."""


def prepare_session(folder: Path) -> None:
    """Switch the OSC surface on in the session: a session's own settings win over the configuration's."""
    file = folder / f"{folder.name}.ardour"
    surface = '<Protocol name="Open Sound Control (OSC)" active="{}"'
    file.write_text(file.read_text().replace(surface.format(0), surface.format(1)))
    for left in folder.glob("*.pending"):
        left.unlink()


@contextlib.contextmanager
def screen(folder: Path, size: str = "1600x1000") -> Iterator[str]:
    """A virtual screen; its display name."""
    ends = os.pipe()
    with (folder / "xvfb.log").open("wb") as log:
        command = ["Xvfb", "-displayfd", str(ends[1]), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        # Else the server starts anew whenever its last client goes, and refuses who comes meanwhile.
        command.append("-noreset")
        server = subprocess.Popen(command, pass_fds=[ends[1]], stderr=log)
    os.close(ends[1])
    try:
        with os.fdopen(ends[0]) as pipe:
            yield ":" + pipe.readline().strip()
    finally:
        stop(server)


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """End a process we started."""
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Desktop:
    """One running Ardour with one session."""

    def __init__(self, place: Place, session: Path, display: str) -> None:
        self.place, self.session, self.display = place, session, display
        self._environment = place.environment | {"DISPLAY": display}
        # Ardour writes its OSC surface's address into this file where there is one; the usual port may be taken.
        self._osc_url = place.config / "osc_url"
        self._osc_url.write_text("")
        prepare_session(session)
        with (place.root / "ardour.log").open("ab") as log:
            command = ["ardour", "--no-announcements", "--no-splash", str(session)]
            self.process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        try:
            self._port = int(wait_for(self._listens, "Ardour's OSC surface", START_S))
            wait_for(self._stands, "Ardour's window", START_S)
        except BaseException:
            with contextlib.suppress(Exception):
                self.picture(place.root / "not-started.png")
            self.close()
            raise

    def _listens(self) -> str | None:
        assert self.process.poll() is None, "Ardour ended while it started"
        found = re.search(r":(\d+)/", self._osc_url.read_text())
        return found[1] if found else None

    def _stands(self) -> bool:
        """Whether the toolbar is drawn and stays as it is: the window is laid out a second after OSC answers."""
        if self.editor() is None:
            return False
        before = self.look(TOOLBAR)
        time.sleep(1.0)
        return before == self.look(TOOLBAR) and len(set(before)) > 2

    def osc(self, path: str, *values: object) -> None:
        """Send to Ardour's OSC surface."""
        message = OscMessageBuilder(path)
        for value in values:
            message.add_arg(value)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(message.build().dgram, ("127.0.0.1", self._port))

    def action(self, name: str) -> None:
        """Call one of Ardour's actions, as a menu entry would."""
        self.osc("/access_action", name)

    def tool(self, *command: str) -> str:
        """Run a program on this screen."""
        done = subprocess.run(
            command, env=self._environment, check=True, capture_output=True, text=True, timeout=PATIENCE_S
        )
        return done.stdout

    def click(self, x: int, y: int) -> None:
        """Click as a hand does: a canvas that was just drawn needs to see the mouse come before it sees the click."""
        self.tool("xdotool", "mousemove", str(x - 9), str(y - 3), "sleep", "0.2", "mousemove", str(x), str(y))
        self.tool("xdotool", "sleep", "0.2", "mousedown", "1", "sleep", "0.1", "mouseup", "1")

    def color(self, area: str) -> tuple[int, int, int]:
        """Mean colour of an area of the screen, WIDTHxHEIGHT+X+Y."""
        shot = ["import", "-window", "root", "-crop", area, "-resize", "1x1!", "-depth", "8", "txt:-"]
        text = self.tool(*shot)
        red, green, blue = re.search(r"#([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})", text).groups()  # type: ignore[union-attr]
        return int(red, 16), int(green, 16), int(blue, 16)

    def look(self, area: str) -> tuple[str, ...]:
        """The colour of every pixel of an area of the screen, WIDTHxHEIGHT+X+Y."""
        text = self.tool("import", "-window", "root", "-crop", area, "-depth", "8", "txt:-")
        return tuple(re.findall(r"#[0-9A-F]{6}", text))

    def windows(self, title: str) -> list[str]:
        """The visible windows whose title matches the pattern."""
        command = ["xdotool", "search", "--onlyvisible", "--name", title]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        return done.stdout.split()

    def editor(self) -> str | None:
        """The editor's window."""
        found = self.windows(f"{re.escape(self.session.name)} - Ardour$")
        return found[-1] if found else None

    def titles(self) -> list[str]:
        """Titles of all visible windows, for messages of failing tests."""
        names = []
        for window in self.windows("."):
            with contextlib.suppress(subprocess.CalledProcessError):  # it went in between
                names.append(self.tool("xdotool", "getwindowname", window).strip())
        return names

    def key(self, keys: str) -> None:
        """Press keys in the editor, once it has the focus."""

        def focused() -> bool:
            window = self.editor()
            assert window, f"no editor among {self.titles()}"
            with contextlib.suppress(subprocess.CalledProcessError):  # not shown yet
                self.tool("xdotool", "windowfocus", window, "sleep", "0.2")
                return self.tool("xdotool", "getwindowfocus").strip() == window
            return False

        wait_for(focused, "the editor's focus")
        self.tool("xdotool", "key", keys)

    def picture(self, path: Path) -> None:
        """Keep a picture of the screen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.tool("import", "-window", "root", str(path))

    def save(self) -> None:
        """Save the session and wait for the file, which Ardour puts in place by one rename."""
        file = self.session / f"{self.session.name}.ardour"
        before = file.stat().st_ino, file.stat().st_mtime_ns

        def saved() -> bool:
            self.osc("/save_state")
            with contextlib.suppress(AssertionError):  # a message may be lost, or wait behind a dialog
                wait_for(lambda: (file.stat().st_ino, file.stat().st_mtime_ns) != before, "the file", 10.0)
                return True
            return False

        wait_for(saved, "the session's saving", START_S)

    def close(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End Ardour without saving."""
        stop(self.process, how)
