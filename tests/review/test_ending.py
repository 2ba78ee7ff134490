"""The daemon ends while the page waits for an answer: it gets a sentence, and no error of a program."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.review.conftest import JOB, Page
from tests.support import wait_for

API = f"/api/jobs/{JOB}"


@pytest.mark.slow
def test_who_waits_for_an_answer_is_told_that_the_daemon_ends(page: Page) -> None:
    page.enter()
    page.home.run("stop")
    page.home.configure("[triggers.osc]\nenabled = false\n[separators.fake]\nseconds = 60.0\n")
    page.home.start()
    again = Page(page.home)
    again.enter()
    # The range is heard after this one, which takes its time.
    song = page.home.folder.parent / "song.wav"
    page.home.submit(page.home.request("review-test-02", song))
    wait_for(lambda: page.home.status("review-test-02").get("state") == "running", "the slow job")
    data = {"item": 0, "part": "bass", "from_s": 1.0, "to_s": 3.0, "engine": "fake"}
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(again.ask, "POST", f"{API}/rehear", data)
        asked = page.home.folder / "jobs"
        wait_for(lambda: any(p.name.startswith("again-") for p in asked.iterdir()), "the waiting request")
        page.home.run("stop")
        status, body, headers = answer.result(60)
    assert status == 503, body
    assert "being stopped" in json.loads(body)["message"]
    assert "default-src 'none'" in headers["content-security-policy"]
    log = (page.home.folder / "verbose.log").read_text()
    assert "Exception in ASGI application" not in log
