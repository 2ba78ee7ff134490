"""kill -9 at 100 random moments: no accepted job is lost, run twice at a time or left half-done."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from bridge.cli.client import Client
from bridge.jobs.store import JobStore
from tests.support import Home, read_json, sine

KILLS = 100
SEED = 20261122


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
def test_kill_at_100_random_moments(home: Home, tmp_path: Path) -> None:
    """Daemon and worker are killed in turn at random while jobs keep coming; then everything is brought to its end."""
    random.seed(SEED)
    home.configure("[separators.fake]\nseconds = 0.1\n[triggers.osc]\nenabled = false\n[cache]\nlimit_gb = 0.0\n")
    audio = [sine(tmp_path / f"{n}.wav", seconds=0.5 + n / 10) for n in range(3)]
    store = JobStore(home.folder)
    asked: list[str] = []
    running_at_once = 0
    daemon = home.start()
    for number in range(KILLS):
        if number % 2 == 0:
            asked.append(home.submit(home.request(f"kill-{number:04d}", audio[number % 3], host=f"host{number % 4}")))
        if number % 10 == 4 and store.path(asked[-2]).is_dir():
            # The one before last: it was accepted, and most often still waits or runs.
            store.request_cancel(asked[-2])
        time.sleep(random.random() * 0.25)
        worker = home.beat().get("worker")
        states = Counter(j.status.state for j in store.all())
        running_at_once = max(running_at_once, states["running"])
        if number % 3 == 2 and worker:
            kill(worker)
        else:
            daemon.kill()
            daemon.wait()
            daemon = home.start()
    for job in asked:
        home.wait_end(job)
    jobs = {j.id: j for j in store.all()}
    tally = Counter(jobs[job].status.state for job in asked)
    print(f"\n{KILLS} kills, {len(asked)} jobs: {dict(tally)}, {sum(j.attempts for j in jobs.values())} attempts")
    assert set(jobs) == set(asked), "a job was lost or made up"
    assert running_at_once <= 1
    assert tally["done"] > 0
    for job in asked:
        folder = store.path(job)
        if jobs[job].status.state == "done":
            assert read_json(folder / "result.json")["id"] == job
        else:
            assert not (folder / "result.json").exists()
            assert jobs[job].status.state == "cancelled" or jobs[job].status.message
    assert not list((home.folder / "inbox").glob("*.json"))


def test_a_half_written_acceptance_leaves_the_request_in_line(home: Home, wav: Path) -> None:
    """Power loss between the folder's draft and its rename: the inbox still has the request."""
    draft = home.folder / "jobs" / ".half-0001.123"
    draft.mkdir(parents=True)
    (draft / "request.json").write_text("{")
    home.submit(home.request("half-0001", wav))
    home.start()
    assert home.wait_end("half-0001")["state"] == "done"


@pytest.mark.slow
def test_a_damaged_job_is_a_failed_one_and_the_daemon_lives(home: Home, wav: Path) -> None:
    folder = home.folder / "jobs" / "damaged-0001"
    folder.mkdir(parents=True)
    (folder / "request.json").write_text('{"protocol": 1, "id"')
    home.start()
    assert "damaged" in Client(home.folder, JobStore(home.folder)).job("damaged-0001").status.message
    assert home.wait_end(home.submit(home.request("sound-0001", wav)))["state"] == "done"


@pytest.mark.slow
def test_a_full_disk_fails_jobs_with_a_sentence_and_the_daemon_lives(tmp_path: Path) -> None:
    """The home lies on a small file system that is full, then has room again."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can make a small file system; CI runs as root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    home = Home(disk / "home", "[triggers.osc]\nenabled = false\n")
    try:
        daemon = home.start()
        # Four stems of two seconds need 3 MB, so the job begins and cannot end.
        job = home.submit(home.request("full-0001", sine(tmp_path / "long.wav", seconds=4.0)))
        status = home.wait_end(job)
        assert status["state"] == "failed"
        assert "free space" in status["message"]
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb") as f:
            f.write(bytes(8 << 20))
        time.sleep(0.5)
        assert daemon.poll() is None
        ballast.unlink()
        small = home.submit(home.request("full-0002", sine(tmp_path / "short.wav", seconds=0.3)))
        assert home.wait_end(small)["state"] == "done"
    finally:
        home.kill()
        time.sleep(0.2)
        subprocess.run(["umount", "-l", str(disk)], check=False)
