"""A daemon with a finished job, its page's address, and a real Chromium."""

from __future__ import annotations

import http.client
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import soundfile

from tests.support import Home, read_json, wait_for

JOB = "review-test-01"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
"""Without the network flags Chromium calls home at every start."""


class Page:
    """The page's server as a client sees it: its port, its token, and requests with or without the cookie."""

    def __init__(self, home: Home) -> None:
        self.home = home
        address = wait_for(lambda: read_json(home.folder / "review.json").get("url"), "the page's address")
        self.url = f"{address}&job={JOB}"
        self.port = urlsplit(address).port or 0
        self.token = parse_qs(urlsplit(address).fragment)["token"][0]
        self.cookie = ""

    def ask(
        self, method: str, path: str, data: object = None, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Send a request as the page would, changed by ``headers``; an empty value leaves a header out."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        sent = {"Host": f"127.0.0.1:{self.port}", "Origin": f"http://127.0.0.1:{self.port}", "Cookie": self.cookie}
        if data is not None:
            sent["Content-Type"], body = "application/json", json.dumps(data).encode()
        sent |= {"Content-Length": str(len(body))} if body or method == "POST" else {}
        sent |= headers or {}
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders(body if body else None)
        answer = connection.getresponse()
        found = answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()}
        connection.close()
        return found

    def enter(self) -> None:
        """Exchange the token for the cookie."""
        status, _, headers = self.ask("POST", "/session", {"token": self.token})
        assert status == 200
        self.cookie = headers["set-cookie"].partition(";")[0]


def song(path: Path, seconds: float = 8.0) -> Path:
    """A second of A3, a second of silence, and so on; the left side alone in the second half."""
    rate = 44_100
    t = np.arange(int(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 220 * t) * (t % 2 < 1)
    soundfile.write(path, np.stack([tone, tone * (t < seconds / 2)], 1), rate)
    return path


@pytest.fixture
def page(home: Home, tmp_path: Path) -> Page:
    """A finished job of the fakes with notes, candidates and bends, and the page that shows it."""
    home.configure("[triggers.osc]\nenabled = false\n")
    home.start()
    home.submit(home.request(JOB, song(tmp_path / "song.wav"), {"keep_stems": True}))
    assert home.wait_end(JOB)["state"] == "done"
    return Page(home)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running Chromium; the tests are skipped where there is none, but not in CI."""
    lacking = pytest.fail if os.environ.get("CI") else pytest.skip
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        lacking("Chromium is not installed; 'sh install/check.sh' installs it")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is not installed; 'sh install/check.sh' installs it")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _is_known(complaint: str) -> bool:
    """What the browser says by itself: no soundfont on this machine, or the daemon was stopped by the test."""
    return any(
        known in complaint for known in ("404", "ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
    )


def open_tab(chromium: Any, page: Page, bypass_csp: bool = False) -> Iterator[Any]:
    """The page, opened and ready; anything it complains of fails the test."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 720}, reduced_motion="reduce", bypass_csp=bypass_csp
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda e: complaints.append(str(e)))
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" and not _is_known(m.text) else None)
    opened.goto(page.url)
    opened.wait_for_selector('html[data-ready="true"]', timeout=60_000)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def tab(chromium: Any, page: Page) -> Iterator[Any]:
    """The page as people have it."""
    yield from open_tab(chromium, page)


@pytest.fixture
def ear(chromium: Any, page: Page) -> Iterator[Any]:
    """The page in a browser that lets a test's own worklet in, to hear what is played."""
    yield from open_tab(chromium, page, bypass_csp=True)
