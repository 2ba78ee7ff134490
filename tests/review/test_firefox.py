"""The page in Firefox: it opens, draws, plays and saves there too. Driven by Marionette, Firefox' own remote control.

A Firefox without a sound card lets the page wait for one, so that it plays to a PulseAudio of the test's own, whose
output nobody hears and the test records.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.review.conftest import Page
from tests.support import PATIENCE_S, read_json, wait_for

pytestmark = pytest.mark.slow

RATE = 44_100
MOST_TRIES = 3
"""A machine that stands still for a second lets the sound stutter; then it is recorded again."""

PREFERENCES = """
user_pref("marionette.port", %d);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("ui.prefersReducedMotion", 1);
user_pref("services.settings.server", "data:,#none");
user_pref("app.normandy.enabled", false);
user_pref("browser.region.network.url", "");
user_pref("extensions.systemAddon.update.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("browser.startup.page", 0);
user_pref("startup.homepage_welcome_url", "about:blank");
user_pref("browser.newtabpage.enabled", false);
user_pref("dom.ipc.processPrelaunch.enabled", false);
"""
"""Without most of them Firefox calls home, or gets ready for more pages, while one is looked at."""
START_S = 3 * PATIENCE_S
"""Longest wait for an answer: Firefox starts its processes before the first."""


class Firefox:
    """A Firefox without a window; each call is a command of Marionette."""

    def __init__(self, port: int) -> None:
        self._socket = wait_for(lambda: _connected(port), "Firefox' remote control", START_S)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._read()
        self.ask("WebDriver:NewSession", {"capabilities": {}})
        self.ask("WebDriver:SetTimeouts", {"script": 1000 * PATIENCE_S, "pageLoad": 1000 * PATIENCE_S})
        self.ask("WebDriver:SetWindowRect", {"width": 1280, "height": 720})

    def ask(self, command: str, data: dict[str, Any]) -> Any:
        """Send a command and return its answer."""
        self._number += 1
        message = json.dumps([0, self._number, command, data]).encode()
        self._socket.sendall(str(len(message)).encode() + b":" + message)
        _, number, error, answer = self._read()
        assert number == self._number
        assert error is None, error
        return answer

    def _read(self) -> Any:
        size = b""
        while (byte := self._file.read(1)) != b":":
            assert byte, "Firefox has ended"
            size += byte
        return json.loads(self._file.read(int(size)))

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression of the page; a promise is waited for.

        Of a script that calls back (ExecuteAsyncScript) the answer is lost now and then, with Firefox at rest.
        """
        data: dict[str, Any] = {"script": f"return {script}", "args": [], "sandbox": None, "newSandbox": False}
        return self.ask("WebDriver:ExecuteScript", data)["value"]

    def press(self, *keys: str) -> None:
        """Press and release keys one after the other."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("WebDriver:PerformActions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def close(self) -> None:
        """Let go of the remote control."""
        self._file.close()
        self._socket.close()


def _connected(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), START_S)
    except OSError:
        return None


class Speakers:
    """A sound server whose output goes nowhere and can be recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._socket = folder, folder / "pulse.socket"
        self.environment = {
            **os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{self._socket}",
        }  # fmt: skip

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Let it run."""
        modules = [f"module-null-sink sink_name=nobody rate={RATE}"]
        modules.append(f"module-native-protocol-unix socket={self._socket} auth-anonymous=1")
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
        with (self.folder / "pulse.log").open("w") as log:
            command += [f"--load={module}" for module in modules]
            with subprocess.Popen(command, env=self.environment, stdout=log, stderr=log) as process:
                try:
                    wait_for(self._socket.exists, "the sound server")
                    yield
                finally:
                    process.kill()

    @contextlib.contextmanager
    def recorded(self) -> Iterator[Path]:
        """Record what is played meanwhile: 16 bit, stereo."""
        path = self.folder / "heard.raw"
        command = ["parec", "-d", "nobody.monitor", "--raw", "--format=s16le", f"--rate={RATE}", "--channels=2"]
        with path.open("wb") as file, subprocess.Popen(command, env=self.environment, stdout=file) as process:
            try:
                wait_for(lambda: path.stat().st_size, "the recording")
                yield path
            finally:
                process.terminate()


@pytest.fixture(scope="module")
def speakers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speakers]:
    """Speakers that are on."""
    for program in ("pulseaudio", "parec"):
        require(program, "pulseaudio pulseaudio-utils")
    made = Speakers(tmp_path_factory.mktemp("speakers"))
    with made.on():
        yield made


def require(program: str, packages: str) -> str:
    """The path of a program; the test is skipped where it is missing: a starved Firefox may stand still for minutes."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed: apt install {packages}")
    return str(path)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory, speakers: Speakers) -> Iterator[Firefox]:
    """A running Firefox with speakers."""
    path = shutil.which("firefox") or require("firefox-esr", "firefox-esr")
    folder = tmp_path_factory.mktemp("firefox")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES % port)
    command = [path, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    with (
        (folder / "firefox.log").open("w") as log,
        subprocess.Popen(command, env=speakers.environment, stdout=log, stderr=log) as process,
    ):
        try:
            made = Firefox(port)
            yield made
            made.close()
        finally:
            process.kill()


def opened(firefox: Firefox, page: Page) -> None:
    """Go to the page and wait until it is ready."""
    firefox.ask("WebDriver:Navigate", {"url": page.url})
    wait_for(lambda: firefox.evaluate("document.documentElement.dataset.ready") == "true", "the page")


def test_it_opens_and_saves_in_firefox(firefox: Firefox, fresh: Page) -> None:
    opened(firefox, fresh)
    assert "token" not in firefox.evaluate("location.href")
    window = firefox.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert window[1] <= window[0]
    result = read_json(fresh.home.folder / "jobs" / fresh.job / "result.json")
    counts = [len(part["notes"]) for part in result["items"][0]["parts"]]
    assert firefox.evaluate("dawscribe.store.item.parts.map(p => p.notes.size)") == counts
    # What is drawn: more colours than paper and ink.
    tiles = "[...dawscribe.stage.pictures._tiles.values()].some(t => t.image)"
    wait_for(lambda: firefox.evaluate(tiles), "a spectrogram")
    # By keys: a note of the bass goes, and is saved.
    firefox.evaluate("(dawscribe.store.choosePart(1), document.getElementById('roll').focus())")
    firefox.press("\ue014", "\ue017")
    wait_for(lambda: firefox.evaluate("document.getElementById('saved').textContent") == "Saved", "saving")
    edits = read_json(fresh.home.folder / "jobs" / fresh.job / "edits.json")
    assert [e["label"] for e in edits["edits"]] == ["Remove note"]


def onsets(side: npt.NDArray[np.float64]) -> list[float]:
    """The seconds at which one side becomes loud after silence."""
    block = RATE // 200
    loud = np.abs(side[: len(side) // block * block]).reshape(-1, block).max(1) > 0.01
    at = np.flatnonzero(loud) * block / RATE
    return [float(now) for before, now in zip([-1.0, *at], at, strict=False) if now - before > 0.3]


def loudest_hz(side: npt.NDArray[np.float64], onset_s: float) -> float:
    """The strongest frequency in the third of a second after an onset."""
    start = int((onset_s + 0.1) * RATE)
    heard = side[start : start + RATE // 3]
    return float(np.fft.rfftfreq(len(heard), 1 / RATE)[np.abs(np.fft.rfft(heard * np.hanning(len(heard)))).argmax()])


def test_the_notes_sound_beside_the_original_at_its_own_time(firefox: Firefox, fresh: Page, speakers: Speakers) -> None:
    """The original at the left, A3 from 0, 2, 4 and 6 s; the notes at the right, A4 from 2 and 6 s."""
    opened(firefox, fresh)
    firefox.evaluate(
        """(() => {
          const { store, transport } = dawscribe;
          for (const part of store.item.parts) {
            store.change("x", [{ op: "notes", part: part.id, drop: [...part.notes.keys()] }]);
          }
          const put = [["e1", 2, 2.5, 69, 120, 1], ["e2", 6, 6.5, 69, 120, 1]];
          store.change("x", [{ op: "notes", part: store.item.parts[1].id, put }]);
          transport.setCompare("split");
          document.getElementById("roll").focus();
        })()"""
    )
    for _ in range(MOST_TRIES):
        with speakers.recorded() as file:
            firefox.press("\ue011", " ")  # Home, Space
            # A sound server that came too late lets Firefox stand still: then once more.
            with suppress(AssertionError):
                wait_for(lambda: firefox.evaluate("dawscribe.transport.position") > 7, "the end of the song", 20)
            firefox.press(" ")
            time.sleep(0.5)  # what was played is on its way
        heard = np.fromfile(file, "<i2").reshape(-1, 2) / 32768
        left, right = onsets(heard[:, 0]), onsets(heard[:, 1])
        if len(left) == 4 and right == pytest.approx(left[1::2], abs=0.03):
            break
    # A busy machine inserts silence, so that their distances say nothing; both sides have it at the same place.
    assert len(left) == 4
    assert right == pytest.approx(left[1::2], abs=0.03)
    assert loudest_hz(heard[:, 0], left[1]) == pytest.approx(220, abs=4)
    assert loudest_hz(heard[:, 1], right[0]) == pytest.approx(440, abs=4)
