"""The daemon as a real process, with fake engines: accept, run, cancel, crash, restart."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bridge.daemon.cancelling import cancel_all
from bridge.files import FileLock
from bridge.jobs.store import JobStore
from tests.support import Home, read_json, sine, wait_for

pytestmark = pytest.mark.slow


def test_a_request_in_the_inbox_becomes_a_result(home: Home, wav: Path) -> None:
    home.start()
    job = home.submit(home.request("test-0001", wav))
    status = home.wait_end(job)
    assert status["state"] == "done", status
    result = read_json(home.folder / "jobs" / job / "result.json")
    item = result["items"][0]
    assert [p["name"] for p in item["parts"]] == ["Drums", "Bass", "Vocals", "Other"]
    assert (home.folder / "jobs" / job / item["midi"]).exists()
    assert all((home.folder / "jobs" / job / s["path"]).exists() for s in item["stems"])
    assert item["note_count"] == sum(len(p["notes"]) for p in item["parts"])
    assert not list((home.folder / "inbox").iterdir())


def test_several_items_come_back_as_one_result(home: Home, tmp_path: Path) -> None:
    home.start()
    request = home.request("test-0002", sine(tmp_path / "one.wav"))
    second = sine(tmp_path / "two.wav", seconds=1.0)
    request["items"].append({"name": "two", "position_s": 7.5, "audio": {"path": str(second)}})
    home.submit(request)
    assert home.wait_end("test-0002")["state"] == "done"
    items = read_json(home.folder / "jobs" / "test-0002" / "result.json")["items"]
    assert [i["name"] for i in items] == ["one", "two"]
    assert items[1]["position_s"] == 7.5
    assert len({i["midi"] for i in items}) == 2
    assert len({s["path"] for i in items for s in i["stems"]}) == 8


def test_bad_audio_fails_with_a_sentence_and_nothing_left(home: Home, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"not audio at all")
    home.start()
    job = home.submit(home.request("test-0003", bad))
    status = home.wait_end(job)
    assert status["state"] == "failed"
    assert "bad.wav is not audio" in status["message"]
    left = {p.name for p in (home.folder / "jobs" / job).iterdir()}
    assert left <= {"request.json", "status.json", "attempts.json"}


@pytest.mark.parametrize("table", ["seconds = 30.0", "deaf_s = 30.0"])
def test_cancel_takes_effect_whatever_the_engine_does(home: Home, wav: Path, table: str) -> None:
    home.configure(f"[separators.fake]\n{table}\n[triggers.osc]\nenabled = false\n")
    home.start()
    job = home.submit(home.request("test-0004", wav))
    wait_for(lambda: home.status(job).get("state") == "running", "the start")
    time.sleep(0.5)
    home.run("cancel", job)
    assert home.wait_end(job)["state"] == "cancelled"
    assert not (home.folder / "jobs" / job / "result.json").exists()


def test_a_crash_in_native_code_fails_that_job_and_the_next_one_runs(home: Home, wav: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.touch()
    home.configure(f'[separators.fake]\ncrash_on = "{mine}"\n[triggers.osc]\nenabled = false\n')
    home.start()
    first = home.submit(home.request("test-0005", wav))
    status = home.wait_end(first)
    assert status["state"] == "failed"
    assert "crashed" in status["message"]
    second = home.submit(home.request("test-0006", wav))
    assert home.wait_end(second)["state"] == "done"


def test_a_killed_worker_is_told_as_lack_of_memory(home: Home, wav: Path) -> None:
    home.configure("[separators.fake]\nseconds = 30.0\n[triggers.osc]\nenabled = false\n")
    home.start()
    job = home.submit(home.request("test-0007", wav))
    worker = wait_for(lambda: home.status(job).get("stage") == "separate" and home.beat().get("worker"), "a worker")
    os.kill(worker, signal.SIGKILL)
    status = home.wait_end(job)
    assert status["state"] == "failed"
    assert "memory" in status["message"]


def test_a_job_survives_the_daemon(home: Home, wav: Path, tmp_path: Path) -> None:
    home.configure("[separators.fake]\nseconds = 2.0\n[triggers.osc]\nenabled = false\n")
    daemon = home.start()
    job = home.submit(home.request("test-0008", wav))
    other = home.submit(home.request("test-0009", sine(tmp_path / "b.wav")))
    wait_for(lambda: home.status(job).get("state") == "running" or home.status(other).get("state") == "running", "run")
    daemon.kill()
    daemon.wait()
    home.start()
    assert home.wait_end(job)["state"] == "done"
    assert home.wait_end(other)["state"] == "done"


def test_one_daemon_per_home(home: Home) -> None:
    home.start()
    second = home.run("daemon", check=False)
    assert second.returncode == 2
    assert "already running" in second.stderr
    assert "already running" in home.run("daemon", "--detach").stdout


def test_two_that_start_at_once_are_one_and_none_after_the_stop(home: Home) -> None:
    command = [sys.executable, "-m", "bridge", "daemon", "--detach"]
    starting = [subprocess.Popen(command, env=home.env, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(30) for process in starting] == [0, 0, 0]
    home.run("stop")
    lock = FileLock(home.folder / "daemon.lock")
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        assert lock.take(), "another daemon took the place of the one that was stopped"
        lock.free()
        time.sleep(0.05)


def test_detach_status_stop(home: Home) -> None:
    assert home.run("status", check=False).returncode == 3
    home.run("daemon", "--detach")
    status = json.loads(home.run("status", "--json").stdout)
    assert status["running"]
    assert status["daemon"]["triggers"]["spool"] == "listening"
    home.run("stop")
    assert home.run("status", check=False).returncode == 3
    assert not home.beat()


def test_the_same_audio_comes_from_the_cache(home: Home, wav: Path, tmp_path: Path) -> None:
    home.configure("[separators.fake]\nseconds = 1.0\n[triggers.osc]\nenabled = false\n")
    home.start()
    first = home.submit(home.request("test-0010", wav, {"stems": ["bass"]}))
    assert home.wait_end(first)["state"] == "done"
    copy = tmp_path / "another name.wav"
    copy.write_bytes(wav.read_bytes())
    second = home.submit(home.request("test-0011", copy, {"stems": ["drums", "vocals"]}))
    assert home.wait_end(second)["state"] == "done"
    result = read_json(home.folder / "jobs" / second / "result.json")
    # Other stems of the same audio reuse the separation, which the fake takes a second for.
    assert result["times_s"]["separate"] < 0.5
    assert [p["role"] for p in result["items"][0]["parts"]] == ["drums", "vocals"]


def test_retry_runs_a_failed_job_again_under_a_new_id(home: Home, tmp_path: Path) -> None:
    audio = tmp_path / "later.wav"
    home.start()
    job = home.submit(home.request("test-0012", audio))
    assert home.wait_end(job)["state"] == "failed"
    sine(audio)
    again = home.run("retry", job).stdout.split()[0]
    assert again != job
    assert home.wait_end(again)["state"] == "done"
    assert again in home.run("jobs").stdout
    assert "Drums" in home.run("show", again).stdout


def test_the_worker_goes_when_idle(home: Home, wav: Path) -> None:
    home.configure("[daemon]\nidle_s = 0.3\n[triggers.osc]\nenabled = false\n")
    home.start()
    home.wait_end(home.submit(home.request("test-0013", wav)))
    wait_for(lambda: home.beat().get("worker", 0) is None, "the worker's end")


def test_a_finished_job_is_not_run_again_after_a_restart(home: Home, wav: Path) -> None:
    daemon = home.start()
    job = home.submit(home.request("test-0014", wav))
    home.wait_end(job)
    made = (home.folder / "jobs" / job / "result.json").stat().st_mtime_ns
    daemon.kill()
    daemon.wait()
    home.submit(home.request("test-0014", wav))
    home.start()
    home.wait_end(home.submit(home.request("test-0015", wav)))
    assert (home.folder / "jobs" / job / "result.json").stat().st_mtime_ns == made


def test_a_start_writes_only_what_changes(home: Home, wav: Path) -> None:
    daemon = home.start()
    jobs = [home.submit(home.request(f"kept-000{n}", wav)) for n in range(3)]
    for job in jobs:
        home.wait_end(job)
    daemon.kill()
    daemon.wait()
    statuses = [home.folder / "jobs" / job / "status.json" for job in jobs]
    statuses[1].write_text("")
    statuses[2].write_text(json.dumps({"protocol": 1, "state": "running"}))
    written = [s.stat().st_ino for s in statuses]
    home.start()
    assert [s.stat().st_ino == before for s, before in zip(statuses, written, strict=True)] == [True, False, False]
    assert [home.status(job)["state"] for job in jobs] == ["done"] * 3


def test_an_empty_status_is_a_job_that_still_waits(home: Home, wav: Path) -> None:
    """What a power loss leaves of a status that was not synced."""
    store = JobStore(home.folder)
    store.accept(home.request("empty-0001", wav))
    (store.path("empty-0001") / "status.json").write_text("")
    home.start()
    assert home.wait_end("empty-0001")["state"] == "done"


def test_a_copy_of_a_job_folder_is_no_job(home: Home, wav: Path) -> None:
    daemon = home.start()
    job = home.submit(home.request("real-0001", wav))
    home.wait_end(job)
    daemon.kill()
    daemon.wait()
    shutil.copytree(home.folder / "jobs" / job, home.folder / "jobs" / "copy-0001")
    home.start()
    assert "damaged" in home.status("copy-0001")["message"]
    assert home.run("jobs").stdout.count(job) == 1
    assert "Drums" in home.run("show", job).stdout


def test_a_command_that_looks_at_the_lock_does_not_keep_a_daemon_from_starting(home: Home) -> None:
    lock = FileLock(home.folder / "daemon.lock")
    assert lock.take()
    free = threading.Timer(0.5, lock.free)
    free.start()
    home.start()
    free.join()


def test_a_task_that_loses_a_cancel_is_cancelled_again() -> None:
    """As wait_for before Python 3.12 may lose it."""

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async def ends() -> bool:
        tasks = [asyncio.create_task(stubborn()), asyncio.create_task(asyncio.sleep(60))]
        await asyncio.sleep(0)
        await cancel_all(tasks, patience_s=0.05)
        return all(task.done() for task in tasks)

    assert asyncio.run(asyncio.wait_for(ends(), 10))
    asyncio.run(cancel_all([]))
