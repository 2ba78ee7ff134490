"""The page in Firefox: it opens, draws and saves there too. Driven by Marionette, Firefox' own remote control.

Sound is not asked for: a Firefox without a sound card lets the page wait for one. Firefox takes 300 MB, so that
'sh install/check.sh' does not install it: without one the test is skipped, in CI too.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.review.conftest import Page
from tests.support import PATIENCE_S, read_json, wait_for

PREFERENCES = """
user_pref("marionette.port", %d);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("ui.prefersReducedMotion", 1);
"""


class Firefox:
    """A Firefox without a window; each call is a command of Marionette."""

    def __init__(self, port: int) -> None:
        self._socket = wait_for(lambda: _connected(port), "Firefox' remote control")
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
            size += byte
        return json.loads(self._file.read(int(size)))

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression of the page; a promise is waited for."""
        text = f"const [done] = arguments; Promise.resolve({script}).then(done, (e) => done('failed: ' + e));"
        data: dict[str, Any] = {"script": text, "args": [], "sandbox": None, "newSandbox": False}
        return self.ask("WebDriver:ExecuteAsyncScript", data)["value"]

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
        return socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    except OSError:
        return None


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("Firefox is not installed: apt install firefox-esr")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES % port)
    command = [path, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    with (tmp_path / "firefox.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            made = Firefox(port)
            yield made
            made.close()
        finally:
            process.kill()


def test_it_opens_and_saves_in_firefox(firefox: Firefox, fresh: Page) -> None:
    firefox.ask("WebDriver:Navigate", {"url": fresh.url})
    wait_for(lambda: firefox.evaluate("document.documentElement.dataset.ready") == "true", "the page")
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
