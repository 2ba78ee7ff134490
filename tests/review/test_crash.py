"""Browser, worker and daemon are ended the hard way: what stood as saved is there, what did not is said."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.review.conftest import KNOWN, Page, open_tab, until
from tests.support import read_json, vanish, wait_for

pytestmark = pytest.mark.slow

SAVED = "document.getElementById('saved').textContent"


def change(tab: Any, times: int) -> None:
    """Notes of the bass go one by one, as somebody does who works fast."""
    tab.evaluate("dawscribe.store.choosePart(1)")
    tab.locator("#roll").focus()
    for _ in range(times):
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Delete")


def shown(tab: Any) -> Any:
    return tab.evaluate("dawscribe.store.item.parts.map(p => [p.sorted.length, p.ghosts.size])")


def kill_all_of(folder: Path) -> None:
    """End the browser whose profile lies in a folder, all of its processes at once."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(folder) in (process / "cmdline").read_text():
                os.kill(int(process.name), signal.SIGKILL)


def test_a_killed_browser_loses_nothing_that_was_saved(
    browsers: Any, chromium: Any, fresh: Page, tmp_path: Path
) -> None:
    kind, how = browsers
    profile = tmp_path / "profile"
    context = kind.launch_persistent_context(profile, **how)
    tab = context.new_page()
    tab.goto(fresh.url, timeout=120_000)
    tab.wait_for_selector('html[data-ready="true"]', timeout=120_000)
    change(tab, 3)
    until(tab, f"{SAVED} === 'Saved'")
    before = shown(tab)
    kill_all_of(profile)
    with contextlib.suppress(Exception):
        context.close()
    again = open_tab(chromium, fresh.url, [])
    assert shown(again) == before
    # Without limit: the changes of the browser that is gone can be undone.
    for _ in range(3):
        again.keyboard.press("Control+z")
    assert again.evaluate("dawscribe.store.cursor") == 0
    until(again, f"{SAVED} === 'Saved'")
    again.context.close()


def test_a_killed_worker_costs_the_range_and_no_change(chromium: Any, page: Page) -> None:
    home = page.home
    home.run("stop")
    home.configure("[triggers.osc]\nenabled = false\n[separators.fake]\nseconds = 60.0\n")
    home.start()
    tab = open_tab(chromium, Page(home).url, [])
    change(tab, 2)
    until(tab, f"{SAVED} === 'Saved'")
    before = shown(tab)
    # A job is in the worker, the range waits behind it; then the worker is gone.
    home.submit(home.request("review-test-02", home.folder.parent / "song.wav"))
    wait_for(lambda: home.status("review-test-02").get("stage") == "separate", "the slow job")
    tab.evaluate("dawscribe.store.range = [1, 3]; dawscribe.store.say('range'); undefined")
    tab.locator("#side").get_by_label("Engine").select_option("fake")
    tab.locator("#roll").focus()
    tab.keyboard.press("r")
    wait_for(lambda: any(p.name.startswith("again-") for p in (home.folder / "jobs").iterdir()), "the range's job")
    os.kill(wait_for(lambda: home.beat().get("worker"), "the worker"), signal.SIGKILL)
    home.run("cancel", "review-test-02", check=False)
    until(tab, "document.getElementById('status').textContent.includes('were heard there')")
    assert tab.evaluate("dawscribe.store.cursor") == 3
    tab.keyboard.press("Control+z")
    assert shown(tab) == before
    until(tab, f"{SAVED} === 'Saved'")
    assert read_json(home.folder / "jobs" / page.job / "edits.json")["cursor"] == 2
    tab.context.close()


def test_a_killed_daemon_has_all_that_stood_as_saved_and_the_page_says_what_did_not(chromium: Any, page: Page) -> None:
    complaints: list[str] = []
    tab = open_tab(chromium, page.url, complaints)
    change(tab, 3)
    until(tab, f"{SAVED} === 'Saved'")
    before = shown(tab)
    page.home.kill()
    change(tab, 1)
    until(tab, f"{SAVED} === 'Not saved'")
    # Nothing more can be changed that would look as if it were kept.
    cursor = tab.evaluate("dawscribe.store.cursor")
    change(tab, 1)
    tab.keyboard.press("Control+z")
    assert tab.evaluate("dawscribe.store.cursor") == cursor
    assert "does not answer" in tab.locator("#status").inner_text()
    tab.context.close()
    page.home.start()
    again = open_tab(chromium, Page(page.home).url, complaints)
    assert shown(again) == before
    again.context.close()
    assert [c for c in complaints if not any(known in c for known in KNOWN)] == []


def test_an_answer_that_never_came_is_loaded_when_the_daemon_answers_again(tab: Any, fresh: Page) -> None:
    # The change arrives and is saved, its answer is lost.
    lose = "**/edits"
    tab.route(lose, lambda route: (route.fetch(), route.abort("connectionreset")))
    change(tab, 1)
    until(tab, f"{SAVED} === 'Not saved'")
    tab.unroute(lose)
    tab.evaluate("dawscribe.store.reload()")
    until(tab, f"{SAVED} === 'Saved'")
    saved = json.loads((fresh.home.folder / "jobs" / fresh.job / "edits.json").read_text())
    assert tab.evaluate("dawscribe.store.cursor") == saved["cursor"] == 1
    change(tab, 1)
    until(tab, "dawscribe.store.isSaved && dawscribe.store.cursor === 2")


def test_a_job_that_is_removed_below_an_open_page_is_missed_and_stays_removed(chromium: Any, fresh: Page) -> None:
    tab = open_tab(chromium, fresh.url, [])
    vanish(fresh.folder)
    change(tab, 1)
    until(tab, f"{SAVED} === 'Not saved'")
    assert "no such job any more" in tab.locator("#status").inner_text()
    fresh.enter()
    for path in ("", "/items/0/tiles/mix/0/0", "/items/0/peaks/mix", "/items/0/export/midi"):
        status, said, _ = fresh.ask("GET", fresh.api + path)
        assert (status, json.loads(said)["code"]) == (400, "job-not-found"), path
    status, said, _ = fresh.ask("POST", f"{fresh.api}/send", {"seq": 0})
    assert (status, json.loads(said)["code"]) == (400, "job-not-found")
    assert not fresh.folder.exists()
    tab.context.close()
