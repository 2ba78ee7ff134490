"""The queue's order and the job store."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bridge.jobs.queue import Queue
from bridge.jobs.store import Job, JobStore
from bridge.spool.status import Status
from tests.raising import raises_code
from tests.support import Home


def job(name: str, host: str) -> Job:
    return Job(name, host, name, time.time(), Status("queued"))


def order(queue: Queue) -> list[str]:
    taken = []
    while (found := queue.take()) is not None:
        taken.append(found.id)
    return taken


def test_hosts_take_turns() -> None:
    queue = Queue()
    for name, host in (("a1", "reaper"), ("a2", "reaper"), ("a3", "reaper"), ("b1", "ardour")):
        queue.add(job(name, host))
    taken = order(queue)
    assert taken.index("b1") <= 1, taken
    assert len(queue) == 0


def test_the_request_just_made_goes_first_within_its_host() -> None:
    queue = Queue()
    for name in ("old", "middle", "new"):
        queue.add(job(name, "reaper"))
    assert order(queue) == ["new", "middle", "old"]


def test_a_dropped_job_is_not_taken() -> None:
    queue = Queue()
    queue.add(job("a", "x"))
    queue.add(job("b", "x"))
    dropped = queue.drop("a")
    assert dropped is not None
    assert dropped.id == "a"
    assert queue.drop("a") is None
    assert order(queue) == ["b"]


def test_accept_is_idempotent(home: Home, wav: Path) -> None:
    store = JobStore(home.folder)
    first = store.accept(home.request("twice-0001", wav))
    first.status = Status("done")
    store.save(first)
    assert store.accept(home.request("twice-0001", wav)).status.state == "done"


def test_unknown_fields_are_kept(home: Home, wav: Path) -> None:
    store = JobStore(home.folder)
    request = {**home.request("fields-0001", wav), "colour": "red"}
    request["items"][0]["tempo_table"] = [[0, 0], [1, 2]]
    store.accept(request)
    kept = store.request("fields-0001")
    assert kept.extra["colour"] == "red"
    assert kept.items[0].extra["tempo_table"] == [[0, 0], [1, 2]]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, wav: Path) -> None:
    (tmp_path / "home").write_text("a file in the way")
    with raises_code("job-unwritable"):
        JobStore(tmp_path / "home").accept(
            {"protocol": 1, "id": "nowhere-01", "host": "x", "items": [{"audio": {"path": str(wav)}}]}
        )


@pytest.mark.parametrize("bad", ["", "short", "../../etc/passwd", "UPPERCASE1", "a" * 65, "with space1", "dots.in.id"])
def test_an_id_never_becomes_a_path(tmp_path: Path, bad: str) -> None:
    with raises_code("job-id-invalid"):
        JobStore(tmp_path).path(bad)
