"""Asking again: sensitivity from what the network said, and a marked range heard anew, with dawscribe's own engine."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.review.conftest import Page, open_tab
from tests.support import Home, wait_for

NUMBERS = itertools.count(1)


def plucks(path: Path) -> Path:
    """Plucked tones, louder and softer: some are heard at any sensitivity, some only at a high one."""
    rate, seconds = 44_100, 6.0
    t = np.arange(int(seconds * rate)) / rate
    samples = np.random.default_rng(1).normal(0, 0.008, len(t))
    for number, (key, level) in enumerate(
        [(57, 0.3), (64, 0.004), (60, 0.25), (69, 0.002), (62, 0.2), (67, 0.001)] * 2
    ):
        at = 0.3 + number * 0.45
        sound = np.maximum(0, t - at)
        hz = 440 * 2 ** ((key - 69) / 12)
        partials = sum(np.sin(2 * np.pi * hz * h * sound) / h**1.5 for h in range(1, 8))
        samples += level * partials * np.exp(-4 * sound) * (t >= at)
    soundfile.write(path, np.stack([samples, samples], 1), rate)
    return path


def heard_by_notes(home: Home, folder: Path) -> Page:
    """A finished job of the real note network; the second one comes from the cache."""
    job = f"review-again-{next(NUMBERS):02}"
    options = {"separator": "whole_mix", "role": "other", "transcribers": {"other": "notes"}, "keep_stems": True}
    home.submit(home.request(job, plucks(folder / "plucks.wav"), options))
    status = home.wait_end(job)
    assert status["state"] == "done", status
    page = Page(home, job)
    page.enter()
    return page


@pytest.fixture(scope="module")
def heard(served: Home, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A job that tests ask and do not change."""
    return heard_by_notes(served, tmp_path_factory.mktemp("heard"))


@pytest.fixture
def own(served: Home, tmp_path: Path) -> Page:
    """A job that a test may change."""
    return heard_by_notes(served, tmp_path)


def decode(page: Page, sensitivity: object, part: str = "other", status: int = 200) -> Any:
    data = {"item": 0, "part": part, "sensitivity": sensitivity}
    found, body, _ = page.ask("POST", f"{page.api}/decode", data)
    assert found == status, body
    return json.loads(body)


@pytest.mark.slow
def test_more_sensitivity_hears_more_and_the_middle_what_was_heard(heard: Page) -> None:
    document = json.loads(heard.ask("GET", heard.api)[1])
    (part,) = document["items"][0]["parts"]
    assert document["items"][0]["heard"] == [{"transcriber": "notes", "sources": ["other"]}]
    counts = [len(decode(heard, s)["notes"]) for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1], counts
    assert decode(heard, 0.5)["notes"] == [n[1:] for n in part["notes"]]
    assert decode(heard, 0.5)["candidates"] == [n[1:] for n in part["ghosts"]]


@pytest.mark.parametrize("sensitivity", [-0.1, 1.1, None, "0.5", True, [], 1e400])
def test_a_sensitivity_that_is_none_is_refused(heard: Page, sensitivity: object) -> None:
    if sensitivity == 1e400:
        body = b'{"item": 0, "part": "other", "sensitivity": 1e400}'
        assert (
            heard.ask("POST", f"{heard.api}/decode", headers={"Content-Type": "application/json"}, body=body)[0] == 400
        )
    else:
        decode(heard, sensitivity, status=400)


def test_what_is_not_kept_is_said(own: Page) -> None:
    decode(own, 0.5, part="none", status=400)
    folder = own.folder / "activations" / "0"
    (file,) = [path for path in folder.iterdir() if path.name != "index.json"]
    data = file.read_bytes()
    file.unlink()  # the cache has the same file by another name
    file.write_bytes(data[: len(data) // 2])
    assert "no longer kept" in decode(own, 0.5, status=400)["message"]
    file.unlink()
    assert "no longer kept" in decode(own, 0.5, status=400)["message"]


def test_a_range_is_heard_again_and_only_there(heard: Page) -> None:
    before = json.loads(heard.ask("GET", "/api/jobs")[1])["jobs"]
    data = {"item": 0, "part": "other", "from_s": 1.0, "to_s": 3.0, "engine": "notes", "sensitivity": 0.9}
    status, body, _ = heard.ask("POST", f"{heard.api}/rehear", data)
    assert status == 200, body
    found = json.loads(body)
    assert found["notes"]
    assert all(1.0 <= row[0] < 3.0 for rows in found.values() for row in rows)
    document = json.loads(heard.ask("GET", heard.api)[1])
    sure = {
        (round(n[1], 1), n[3]) for n in document["items"][0]["parts"][0]["notes"] if 1.2 < n[1] < 2.8 and n[5] > 0.8
    }
    assert sure <= {(round(n[0], 1), n[2]) for n in found["notes"]}
    assert json.loads(heard.ask("GET", "/api/jobs")[1])["jobs"] == before


@pytest.mark.parametrize(
    "changes", [{"engine": "none"}, {"from_s": 3.0}, {"to_s": 99.0}, {"from_s": "x"}, {"part": "none"}, {"item": 3}]
)
def test_a_range_or_an_engine_that_is_none_is_refused(heard: Page, changes: dict[str, object]) -> None:
    data = {"item": 0, "part": "other", "from_s": 1.0, "to_s": 3.0, "engine": "notes", **changes}
    assert heard.ask("POST", f"{heard.api}/rehear", data)[0] == 400


@pytest.mark.slow
def test_the_slider_previews_and_then_keeps(own: Page, chromium: Any) -> None:
    tab = open_tab(chromium, own.url, [])
    count = "(dawscribe.stage.preview ?? dawscribe.store.item).parts[0].notes.size"
    before = tab.evaluate(count)
    slider = tab.locator("input[data-key=sensitivity]")
    slider.evaluate("e => { e.value = 1; e.dispatchEvent(new Event('input')); }")
    wait_for(lambda: tab.evaluate(count) > before, "the preview")
    assert tab.evaluate("dawscribe.store.cursor") == 0
    slider.evaluate("e => e.dispatchEvent(new Event('change'))")
    wait_for(lambda: tab.evaluate("dawscribe.store.cursor") == 1 and tab.evaluate("dawscribe.store.isSaved"), "saving")
    assert tab.evaluate("dawscribe.store.item.parts[0].notes.size") > before
    tab.keyboard.press("Control+z")
    assert tab.evaluate("dawscribe.store.item.parts[0].notes.size") == before
    # A range heard again, by keyboard.
    tab.evaluate("dawscribe.store.range = [1, 3]; dawscribe.store.say('range'); undefined")
    tab.locator("#roll").focus()
    tab.keyboard.press("r")
    wait_for(lambda: "were heard" in tab.locator("#status").inner_text(), "the range")
    tab.context.close()
