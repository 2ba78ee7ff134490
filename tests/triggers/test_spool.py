"""A thousand hostile requests in the inbox: each gets a sentence or is thrown away, nothing outside is touched."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.plugins.interfaces import Context
from bridge.triggers import spool
from tests.support import Home, read_json, wait_for

REQUESTS = 1000
VALUES: tuple[Any, ...] = (
    None, True, -1, 10**400, 1e308, "", "\0", "x" * 5000, "../../../etc/passwd", [], {}, [[]], {"a": {"b": {}}}, "NaN",
)  # fmt: skip


def twisted(rng: random.Random, good: dict[str, Any]) -> dict[str, Any]:
    """``good`` with one field somewhere replaced or removed."""
    data: dict[str, Any] = json.loads(json.dumps(good))
    item = data["items"][0]
    audio, options = item["audio"], data["options"]
    places = [(data, k) for k in ("protocol", "host", "items", "options")]
    places += [(item, k) for k in ("audio", "name")]
    places += [(audio, k) for k in ("path", "start_s", "length_s", "gain", "channels")]
    places += [(options, k) for k in ("stems", "quantise", "quantise_strength", "separator", "device", "transcribers")]
    where, key = rng.choice(places)
    if rng.random() < 0.2:
        where.pop(key, None)
    else:
        where[key] = rng.choice(VALUES)
    return data


@pytest.mark.slow
def test_a_thousand_malformed_requests(home: Home, wav: Path, tmp_path: Path) -> None:
    rng = random.Random(2)
    before = {p for p in tmp_path.rglob("*") if home.folder not in p.parents}
    home.start()
    pid = home.beat()["pid"]
    sent = []
    for number in range(REQUESTS):
        job = f"hostile-{number:04d}"
        request = twisted(rng, home.request(job, wav.with_name("none.wav")))
        home.submit({**request, "id": job})
        sent.append(job)
    wait_for(lambda: not list((home.folder / "inbox").glob("*.json")), "an empty inbox")
    for job in sent:
        if (home.folder / "jobs" / job).exists():
            status = home.wait_end(job)
            assert status["state"] == "failed", status
            assert status["message"].endswith("."), status
    refused = list((home.folder / "refused").iterdir())
    assert refused
    assert all(read_json(p)["message"].endswith(".") for p in refused)
    assert home.beat()["pid"] == pid
    after = {p for p in tmp_path.rglob("*") if home.folder not in p.parents}
    assert after == before


def test_tricks_with_files(home: Home, wav: Path, tmp_path: Path) -> None:
    inbox = home.folder / "inbox"
    inbox.mkdir()
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(home.request("linked-0001", wav)))
    (inbox / "linked-0001.json").symlink_to(secret)
    (inbox / "deep-0001.json").write_text("[" * 100_000)
    (inbox / "binary-0001.json").write_bytes(os.urandom(1000))
    (inbox / "UPPER.json").write_text("{}")
    (inbox / "..json").write_text("{}")
    (inbox / "short.json").write_text("{}")
    (inbox / "folder-0001.json").mkdir()
    with (inbox / "huge-0001.json").open("wb") as f:
        f.truncate(100 << 20)
    os.mkfifo(inbox / "pipe-0001.json")
    wrong = home.request("someone-else", wav)
    (inbox / "another-0001.json").write_text(json.dumps(wrong))
    future = {**home.request("future-0001", wav), "protocol": 2}
    (inbox / "future-0001.json").write_text(json.dumps(future))
    home.start()
    wait_for(lambda: not list(inbox.iterdir()), "an empty inbox")
    refused = {p.stem: read_json(p)["message"] for p in (home.folder / "refused").iterdir()}
    assert "link" in refused["linked-0001"]
    assert "JSON" in refused["deep-0001"]
    assert "JSON" in refused["binary-0001"]
    assert "too large" in refused["huge-0001"]
    assert "not a file" in refused["pipe-0001"]
    assert "id" in refused["another-0001"]
    assert "protocol" in refused["future-0001"]
    assert secret.exists()
    assert not list((home.folder / "jobs").iterdir())


def test_a_draft_is_left_alone(home: Home, wav: Path) -> None:
    home.start()
    draft = home.folder / "inbox" / "draft-0001.tmp"
    draft.write_text("{")
    home.wait_end(home.submit(home.request("real-0001", wav)))
    assert draft.exists()


@pytest.mark.slow
def test_a_request_is_found_where_the_folders_time_says_nothing(home: Home, wav: Path) -> None:
    """File systems with coarse times: the folder looks as it did before the request came."""
    home.start()
    inbox = home.folder / "inbox"
    before = (10**18, 10**18)
    os.utime(inbox, ns=before)
    home.wait_end(home.submit(home.request("coarse-0001", wav)))
    os.utime(inbox, ns=before)
    time.sleep(1.5)
    home.submit(home.request("coarse-0002", wav))
    os.utime(inbox, ns=before)
    assert home.wait_end("coarse-0002")["state"] == "done"


class Desk:
    """Takes requests in; while the first is taken, a draft becomes a request, as under a script's own rename."""

    def __init__(self, draft: Path) -> None:
        self.taken: list[str] = []
        self._draft = draft

    async def submit(self, data: Any) -> str:
        self.taken.append(data["id"])
        if self._draft.exists():
            self._draft.rename(self._draft.with_suffix(".json"))
        return str(data["id"])


def test_a_draft_that_vanishes_while_the_inbox_is_read_holds_nothing_up(
    home: Home, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "RETRY_S", 3600.0)  # whoever sleeps on it never wakes
    inbox = home.folder / "inbox"
    inbox.mkdir()
    for name in ("a-first-01", "z-last-0001"):
        home.submit(home.request(name, wav))
    draft = inbox / "middle-0001.tmp"
    draft.write_text(json.dumps(home.request("middle-0001", wav)))
    desk = Desk(draft)

    async def life() -> None:
        trigger = spool.SpoolTrigger(spool.SpoolTrigger.Options(), Context(lambda n: inbox, inbox, home.folder))
        running = asyncio.create_task(trigger.run(desk))  # type: ignore[arg-type]  # only submit is asked for
        try:
            await asyncio.to_thread(wait_for, lambda: len(desk.taken) == 3, "all requests", 20.0)
        finally:
            running.cancel()

    asyncio.run(life())
    assert set(desk.taken) == {"a-first-01", "middle-0001", "z-last-0001"}


@pytest.mark.slow
def test_a_request_that_is_still_being_written_is_waited_for(home: Home, wav: Path) -> None:
    home.start()
    path = home.folder / "inbox" / "halfway-0001.json"
    text = json.dumps(home.request("halfway-0001", wav))
    path.write_text(text[:40])
    time.sleep(0.2)
    path.write_text(text)
    assert home.wait_end("halfway-0001")["state"] == "done"
    assert not list((home.folder / "refused").glob("*"))


def test_a_request_that_was_emptied_was_taken_back(home: Home) -> None:
    home.start()
    path = home.folder / "inbox" / "emptied-0001.json"
    path.write_text("")
    wait_for(lambda: not path.exists(), "an empty inbox")
    assert not list((home.folder / "refused").glob("*"))
