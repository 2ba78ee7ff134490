"""What fails must fail alone: an answer that is too long, a killed worker, a wrong setting, a loop that ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.app import application
from bridge.daemon.daemon import Daemon
from bridge.errors import HostError
from bridge.jobs.queue import Queue
from bridge.plugins.registry import HOSTS
from tests.support import PLUGINS, Home, sine, wait_for

OFF = "[triggers.osc]\nenabled = false\n"


def left(home: Home, job: str) -> set[str]:
    return {p.name for p in (home.folder / "jobs" / job).iterdir()}


@pytest.mark.slow
def test_a_name_as_long_as_a_book_fails_its_job_and_the_next_one_runs(home: Home, wav: Path) -> None:
    home.start()
    job = home.submit(home.request("long-0001", wav, {"separator": "x" * 70_000}))
    status = home.wait_end(job)
    assert status["state"] == "failed"
    assert "choose one of" in status["message"]
    assert len(status["message"]) < 500
    assert home.wait_end(home.submit(home.request("long-0002", wav)))["state"] == "done"


@pytest.mark.slow
def test_an_answer_beyond_every_limit_fails_its_job_and_the_next_one_runs(
    home: Home, wav: Path, tmp_path: Path
) -> None:
    """The interpreter's start-up hook makes the worker write a line of 8 MB once, as native code might."""
    hook, mine = tmp_path / "hook", tmp_path / "mine"
    hook.mkdir()
    mine.touch()
    (hook / "sitecustomize.py").write_text(
        "import os, pathlib, sys\n"
        f"mine = pathlib.Path({str(mine)!r})\n"
        "if 'worker' in sys.orig_argv and mine.exists():\n"
        "    mine.unlink()\n"
        "    os.write(1, b'x' * (8 << 20))\n"
    )
    home.env["PYTHONPATH"] += os.pathsep + str(hook)
    home.start()
    status = home.wait_end(home.submit(home.request("pipe-0001", wav)))
    assert status["state"] == "failed"
    assert "went wrong" in status["message"]
    assert "pipe-0001" in (home.folder / "logs" / "daemon.log").read_text()
    assert home.wait_end(home.submit(home.request("pipe-0002", wav)))["state"] == "done"


@pytest.fixture
def here(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose daemon runs in this process, with the fakes."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(PLUGINS)])
    monkeypatch.setenv("PYTHONPATH", home.env["PYTHONPATH"])
    return home


def test_a_daemon_that_no_longer_serves_ends(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Queue) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Queue, "take", broken)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(asyncio.wait_for(Daemon(application(home=here.folder)).run(), 60))


def test_a_cancel_while_the_worker_is_being_started_is_obeyed(
    here: Home, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.configure(f"[separators.fake]\nseconds = 30.0\n{OFF}")
    start = asyncio.create_subprocess_exec
    asked = asyncio.Event()

    async def slow(*arguments: Any, **options: Any) -> Any:
        await asked.wait()
        await asyncio.sleep(0.5)
        return await start(*arguments, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)

    async def life() -> None:
        daemon = Daemon(application(home=here.folder))
        running = asyncio.create_task(daemon.run())
        await asyncio.sleep(0.2)
        job = await daemon.submit(here.request("spawn-0001", wav))
        while here.status(job)["state"] != "running":
            await asyncio.sleep(0.01)
        daemon.cancel(job)
        asked.set()
        await asyncio.to_thread(here.wait_end, job)
        assert here.status(job)["state"] == "cancelled"
        (here.folder / "stop").touch()
        await running

    asyncio.run(life())


class SilentHost:
    """A DAW that does not answer until it is let."""

    answer = threading.Event()

    def request_selected(self, options: Mapping[str, Any]) -> None:
        self.answer.wait(60)


def test_a_daw_that_does_not_answer_keeps_no_request_waiting(
    here: Home, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HOSTS, "create", lambda *_: SilentHost())

    async def life() -> None:
        daemon = Daemon(application(home=here.folder))
        first = asyncio.create_task(daemon.request_selected("ardour", {}))
        asking = [asyncio.create_task(daemon.request_selected("ardour", {})) for _ in range(40)]
        refused = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(e, HostError) and "has not answered yet" in str(e) for e in refused)
        await daemon.submit(here.request("quick-0001", wav))
        assert not first.done()
        SilentHost.answer.set()
        await first

    asyncio.run(life())


def test_a_killed_worker_leaves_nothing(home: Home, tmp_path: Path) -> None:
    home.configure(f"[separators.fake]\nseconds = 30.0\n{OFF}")
    home.start()
    audio = sine(tmp_path / "long.wav", seconds=10.0)
    job = home.submit(home.request("killed-0001", audio))
    drafts = home.folder / "cache" / "stems"
    wait_for(lambda: drafts.is_dir() and list(drafts.glob(".*/*.wav")), "the first stems")
    worker = wait_for(lambda: home.beat().get("worker"), "the worker's number")
    os.kill(worker, signal.SIGKILL)
    assert home.wait_end(job)["state"] == "failed"
    assert left(home, job) == {"request.json", "status.json", "attempts.json"}
    assert not list(drafts.iterdir())


@pytest.mark.slow
def test_a_cancel_that_needs_a_kill_leaves_nothing(home: Home, wav: Path) -> None:
    home.configure(f"[separators.fake]\ndeaf_s = 30.0\n{OFF}")
    home.start()
    job = home.submit(home.request("killed-0002", wav))
    wait_for(lambda: (home.folder / "jobs" / job / "work" / "mix.wav").exists(), "the working copy")
    home.run("cancel", job)
    assert home.wait_end(job)["state"] == "cancelled"
    assert left(home, job) == {"request.json", "status.json", "attempts.json", "cancel"}


def test_drafts_of_a_killed_daemon_are_removed_at_the_next_start(home: Home) -> None:
    drafts = [home.folder / place for place in ("jobs/.half-0001.123", "cache/stems/.key.123")]
    for draft in drafts:
        draft.mkdir(parents=True)
        (draft / "something").touch()
    home.start()
    assert not any(d.exists() for d in drafts)


@pytest.mark.slow
def test_a_wrong_setting_is_told_as_such_by_a_worker_that_starts(home: Home, wav: Path) -> None:
    home.start()
    home.configure(f"{OFF}prot = 1\n")
    status = home.wait_end(home.submit(home.request("wrong-0001", wav)))
    assert 'did you mean "triggers.osc.port"' in status["message"]
    home.configure(OFF)
    assert home.wait_end(home.submit(home.request("wrong-0002", wav)))["state"] == "done"


@pytest.mark.slow
def test_a_long_worker_log_is_put_aside(home: Home, wav: Path) -> None:
    log = home.folder / "logs" / "worker.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * 2_000_000)
    home.start()
    assert home.wait_end(home.submit(home.request("logs-0001", wav)))["state"] == "done"
    assert log.stat().st_size < 1_000_000
    assert log.with_name("worker.log.1").stat().st_size == 2_000_000


@pytest.mark.slow
def test_jobs_that_cannot_be_written_are_told_in_the_status(home: Home, wav: Path) -> None:
    home.start()
    jobs = home.folder / "jobs"
    jobs.rmdir()
    jobs.write_text("a file in the way")
    home.submit(home.request("unwritable-1", wav))
    wait_for(lambda: "cannot be written" in home.beat().get("problem", ""), "the sentence")
    assert "cannot be written" in home.run("status").stdout
    jobs.unlink()
    assert home.wait_end("unwritable-1")["state"] == "done"
    wait_for(lambda: not home.beat()["problem"], "an end of the sentence")
