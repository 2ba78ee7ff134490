"""Whoever asks to hear a range again and goes before the answer: the work ends, and the next one is served."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.review.conftest import JOB, Page, finished, open_tab, until
from tests.support import Home, wait_for

API = f"/api/jobs/{JOB}"
RANGE = {"item": 0, "part": "bass", "from_s": 1.0, "to_s": 3.0, "engine": "fake"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A finished job of a daemon whose engine waits while the file ``wait`` is there."""
    folder = tmp_path_factory.mktemp("leaving")
    patience = f"[transcribers.fake]\nwaits_while = {json.dumps(str(folder / 'wait'))}\n"
    home = Home(folder / "home", "[triggers.osc]\nenabled = false\n" + patience)
    home.start()
    page = finished(home, folder)
    page.enter()
    yield page
    home.kill()


@pytest.fixture
def slow(asked: Page) -> Iterator[Path]:
    """The engine waits until this file is removed."""
    file = asked.home.folder.parent / "wait"
    file.touch()
    yield file
    file.unlink(missing_ok=True)


def again(page: Page) -> dict[str, str]:
    """The states of the small jobs, by id."""
    names = [p.name for p in (page.home.folder / "jobs").glob("again-*")]
    return {name: str(page.home.status(name).get("state")) for name in names}


def running(page: Page, before: dict[str, str]) -> str:
    """The id of the small job that came since, once it runs."""
    wait_for(lambda: "running" in {s for n, s in again(page).items() if n not in before}, "the small job")
    return next(n for n in again(page) if n not in before)


def is_served(page: Page, slow: Path) -> None:
    slow.unlink()
    status, body, _ = page.ask("POST", f"{API}/rehear", RANGE)
    assert status == 200, body
    assert json.loads(body)["notes"]


def send(page: Page, path: str, data: object) -> socket.socket:
    """A request of which nobody reads the answer."""
    body, host = json.dumps(data).encode(), f"127.0.0.1:{page.port}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {page.cookie}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", page.port))
    connection.sendall(head.encode() + body)
    return connection


@pytest.mark.slow
def test_a_client_that_goes_ends_what_runs_for_it_and_what_waits_in_line(asked: Page, slow: Path) -> None:
    before = again(asked)
    first = send(asked, f"{API}/rehear", RANGE)
    job = running(asked, before)
    second = send(asked, f"{API}/rehear", RANGE)
    wait_for(lambda: len(again(asked)) == len(before) + 2, "the request in line")
    first.close()
    second.close()
    wait_for(lambda: {again(asked)[n] for n in again(asked) if n not in before} == {"cancelled"}, "the end of both")
    assert asked.home.status(job)["state"] == "cancelled"
    is_served(asked, slow)
    assert "Exception in ASGI application" not in (asked.home.folder / "verbose.log").read_text()


def by_escape(tab: Any) -> None:
    tab.keyboard.press("Escape")
    until(tab, "document.querySelector('#status').innerText.includes('Stopped')")
    assert tab.evaluate("dawscribe.store.cursor") == 0
    assert tab.evaluate("dawscribe.store.range") == [1, 3]
    tab.context.close()


def by_closing(tab: Any) -> None:
    tab.context.close()


def by_button(tab: Any) -> None:
    tab.get_by_role("button", name="Stop", exact=True).click()
    until(tab, "document.querySelector('#status').innerText.includes('Stopped')")
    tab.context.close()


@pytest.mark.parametrize("leave", [by_escape, by_button, by_closing])
@pytest.mark.first_is_enough
def test_a_page_that_stops_or_closes_ends_it(
    asked: Page, slow: Path, chromium: Any, leave: Callable[[Any], None]
) -> None:
    tab, before = open_tab(chromium, asked.url, []), again(asked)
    tab.evaluate("dawscribe.store.range = [1, 3]; dawscribe.store.say('range'); undefined")
    tab.locator("#roll").focus()
    tab.keyboard.press("r")
    job = running(asked, before)
    leave(tab)
    assert asked.home.wait_end(job)["state"] == "cancelled"
    is_served(asked, slow)
