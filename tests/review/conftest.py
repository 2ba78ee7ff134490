"""A daemon with a finished job, its page's address, and a real Chromium."""

from __future__ import annotations

import http.client
import itertools
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

from tests.support import PATIENCE_S, Home, read_json, wait_for

JOB = "review-test-01"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
"""Without the network flags Chromium calls home at every start."""
PATIENCE_MS = 1000 * PATIENCE_S
"""For the page to open and for anything on it; a busy machine takes half a minute."""


def address(home: Path, job: str) -> str:
    """The address of a job's page, once the daemon of a home has written it down."""
    return f"{wait_for(lambda: read_json(home / 'review.json').get('url'), 'the address of the page')}&job={job}"


class Page:
    """The page's server as a client sees it: its port, its token, and requests with or without the cookie."""

    def __init__(self, home: Home, job: str = JOB) -> None:
        self.home, self.job = home, job
        self.url = address(home.folder, job)
        self.port = urlsplit(self.url).port or 0
        self.token = parse_qs(urlsplit(self.url).fragment)["token"][0]
        self.cookie = ""
        self.api, self.folder = f"/api/jobs/{job}", home.folder / "jobs" / job

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


def finished(home: Home, folder: Path, job: str = JOB) -> Page:
    """A finished job of the fakes with notes, candidates and bends, and the page that shows it."""
    home.submit(home.request(job, song(folder / "song.wav"), {"keep_stems": True}))
    assert home.wait_end(job)["state"] == "done"
    return Page(home, job)


@pytest.fixture
def page(home: Home, tmp_path: Path) -> Page:
    """A finished job in a home and with a daemon of its own."""
    home.start()
    return finished(home, tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose daemon serves all tests of a file: starting one takes a busy machine half a minute."""
    made = Home(tmp_path_factory.mktemp("served") / "home", "[triggers.osc]\nenabled = false\n")
    made.start()
    yield made
    made.kill()


NUMBERS = itertools.count(1)


@pytest.fixture
def fresh(served: Home, tmp_path: Path) -> Page:
    """A finished job that no other test has touched; its daemon must live on."""
    return finished(served, tmp_path, f"review-fresh-{next(NUMBERS):02}")


@pytest.fixture(scope="module")
def browsers() -> Iterator[Any]:
    """The driver and what it needs to start a Chromium; skipped where there is none, but not in CI."""
    lacking = pytest.fail if os.environ.get("CI") else pytest.skip
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        lacking("Chromium is not installed; 'sh install/check.sh' installs it")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is not installed; 'sh install/check.sh' installs it")
    with sync_playwright() as driver:
        yield driver.chromium, {"executable_path": path, "args": FLAGS}


@pytest.fixture(scope="module")
def chromium(browsers: Any) -> Iterator[Any]:
    """A running Chromium."""
    kind, how = browsers
    browser = kind.launch(**how)
    yield browser
    browser.close()


KNOWN = ("404", "503", "ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
"""What the browser says by itself: no soundfont on this machine, or the daemon was stopped by the test."""


def open_tab(chromium: Any, url: str, complaints: list[str], **options: Any) -> Any:
    """The page of an address in a window of its own, ready; what it complains of is added to ``complaints``."""
    shape = {"viewport": {"width": 1280, "height": 720}, "reduced_motion": "reduce"}
    context = chromium.new_context(**shape | options)
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    opened.on("pageerror", lambda e: complaints.append(str(e)))
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.goto(url)
    opened.wait_for_selector('html[data-ready="true"]')
    return opened


def until(tab: Any, condition: str) -> None:
    """Wait for a condition of the page; Playwright's own way needs the eval that the page forbids."""
    wait_for(lambda: tab.evaluate(condition), condition)


@pytest.fixture
def tab(chromium: Any, fresh: Page) -> Iterator[Any]:
    """The page, opened and ready; anything it complains of fails the test."""
    yield from _watched(chromium, fresh)


@pytest.fixture
def ear(chromium: Any, fresh: Page) -> Iterator[Any]:
    """The page without its policy on scripts: the test listens by one of its own in the audio thread. It is small, as
    drawing takes the time that sound needs."""
    yield from _watched(chromium, fresh, bypass_csp=True, viewport={"width": 480, "height": 320})


def _watched(chromium: Any, page: Page, **options: Any) -> Iterator[Any]:
    complaints: list[str] = []
    opened = open_tab(chromium, page.url, complaints, **options)
    yield opened
    opened.context.close()
    assert [c for c in complaints if not any(known in c for known in KNOWN)] == []
