"""Commands in a home that is damaged, full or read-only: one sentence each, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Home, wait_for

OFF = "[triggers.osc]\nenabled = false\n"


def one_sentence(home: Home, *arguments: str) -> str:
    done = home.run(*arguments, check=False)
    assert done.returncode == 2, (arguments, done)
    assert done.stderr.startswith("dawscribe: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.endswith(".\n"), done.stderr
    return done.stderr


@pytest.fixture
def done_home(home: Home, wav: Path) -> Home:
    """A home with one finished job, trouble-0001, and no daemon."""
    home.start()
    assert home.wait_end(home.submit(home.request("trouble-0001", wav)))["state"] == "done"
    home.run("stop")
    return home


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can make a file system; CI runs as root")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=False)


@pytest.mark.slow
def test_a_home_that_cannot_be_written(small_disk: Path, wav: Path) -> None:
    home = Home(small_disk / "home", OFF)
    daemon = home.start()
    try:
        home.wait_end(home.submit(home.request("read-only-1", wav)))
        home.run("stop")
        daemon.wait()  # with its log open the disk cannot be made read-only
        home.submit(home.request("read-only-2", wav))
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
        for command in (["status"], ["stop"], ["daemon"], ["daemon", "--detach"], ["retry", "read-only-1"]):
            one_sentence(home, *command)
        assert home.run("jobs").stdout
    finally:
        home.kill()


@pytest.mark.slow
def test_a_damaged_result(done_home: Home) -> None:
    result = done_home.folder / "jobs" / "trouble-0001" / "result.json"
    for damage in ("", "{}", '{"items":[]}', '{"items":[{}]}', '{"items":3}'):
        result.write_text(damage)
        assert "transcribe the item again" in one_sentence(done_home, "show", "trouble-0001")
        one_sentence(done_home, "play", "trouble-0001")
    result.unlink()
    result.symlink_to("/dev/null")
    assert "transcribe the item again" in one_sentence(done_home, "show", "trouble-0001")


def test_a_damaged_heartbeat(home: Home) -> None:
    home.start()
    # The daemon renews it every 2 s; a folder in its place stays.
    (home.folder / "daemon.json").unlink()
    (home.folder / "daemon.json").mkdir()
    assert "The daemon runs" in home.run("status").stdout
    (home.folder / "daemon.json").rmdir()
    (home.folder / "daemon.json").write_text('{"heartbeat":"x","triggers":3}')
    assert "The daemon runs" in home.run("status").stdout


@pytest.mark.slow
def test_retry_of_what_cannot_be_tried_again(done_home: Home, wav: Path) -> None:
    (done_home.folder / "jobs" / "trouble-0001" / "request.json").unlink()
    assert "no request.json" in one_sentence(done_home, "retry", "trouble-0001")
    done_home.configure(f"[separators.fake]\nseconds = 30.0\n{OFF}")
    done_home.start()
    job = done_home.submit(done_home.request("trouble-0002", wav))
    wait_for(lambda: done_home.status(job).get("state") == "running", "the start")
    assert "has not ended yet" in one_sentence(done_home, "retry", job)


@pytest.mark.slow
@pytest.mark.parametrize("asked", [10**400, 1e18, -1, "yesterday", None])
def test_a_time_that_is_none(done_home: Home, asked: object) -> None:
    request = done_home.folder / "jobs" / "trouble-0001" / "request.json"
    request.write_text(json.dumps({**json.loads(request.read_text()), "asked": asked}))
    assert "trouble-0001" in done_home.run("jobs").stdout


@pytest.mark.slow
def test_a_start_that_fails_is_in_the_log(home: Home) -> None:
    (home.folder / "jobs").write_text("a file in the way")
    assert "logs" in one_sentence(home, "daemon", "--detach")
    assert "move it away" in home.run("logs").stdout
    assert "move it away" in one_sentence(home, "daemon")
    assert "no jobs" in home.run("jobs").stdout


@pytest.mark.slow
def test_detach_after_a_kill_tells_the_new_daemon(home: Home) -> None:
    old = home.start()
    home.kill()
    assert home.beat()["pid"] == old.pid
    told = home.run("daemon", "--detach").stdout
    pid = home.beat()["pid"]
    try:
        assert pid != old.pid
        assert f"process {pid}" in told
    finally:
        os.kill(pid, signal.SIGTERM)


@pytest.mark.slow
def test_a_home_by_option(home: Home, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "jobs").write_text("a file in the way")
    assert str(tmp_path / "other") in one_sentence(home, "daemon", "--home", str(tmp_path / "other"))
