"""Trouble that comes from outside: loops that stand still, full disks, hung engines, clocks, homes that go."""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lupa.lua53
import lupa.lua54
import psutil
import pytest

from bridge.files import BEAT_BYTES, FileLock, read_untrusted, write_beat
from bridge.jobs import retention, worker, worker_process
from bridge.jobs.retention import Clock, Limits, expired_jobs
from bridge.jobs.store import JobStore
from bridge.jobs.worker_process import WorkerProcess
from bridge.plugins.interfaces import Context
from bridge.triggers import spool
from tests.jobs.test_retention import Store
from tests.raising import raises_code
from tests.support import Home, read_json, vanish, wait_for

STANDS_STILL = """
import asyncio, time
from bridge.daemon.watchdog import Watchdog
async def main():
    watched = asyncio.create_task(Watchdog(0.4, 0.1).run())
    await asyncio.sleep(1.0)
    print("turns", flush=True)
    {trouble}
asyncio.run(main())
print("ended by itself", flush=True)
"""


@pytest.mark.parametrize(
    ("trouble", "code", "said"),
    [
        ("time.sleep(60)", 1, ["turns"]),
        ("while True: pass", 1, ["turns"]),
        ("watched.cancel(); await asyncio.sleep(0); time.sleep(1)", 0, ["turns", "ended by itself"]),
    ],
    ids=["asleep", "busy", "no longer watched"],
)
def test_a_loop_that_stands_still_ends_the_process(trouble: str, code: int, said: list[str]) -> None:
    command = [sys.executable, "-c", STANDS_STILL.format(trouble=trouble)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout.split("\n")[:-1]) == (code, said), done.stderr


def test_a_heartbeat_finds_its_place_on_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    write_beat(path, {"heartbeat": 1.0, "problem": ""})
    assert path.stat().st_size == BEAT_BYTES
    # No room for a draft beside it: its name is taken by a folder.
    (tmp_path / f".daemon.json.{os.getpid()}.tmp").mkdir()
    write_beat(path, {"heartbeat": 2.0, "problem": "The job could not be written; free some disk space."})
    assert read_json(path)["heartbeat"] == 2.0
    assert "free some disk space" in read_json(path)["problem"]
    # A longer one would be cut, and one over a shorter file would need room.
    path.write_text("{}")
    write_beat(path, {"heartbeat": 3.0})
    assert path.read_text() == "{}"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root to mount a tiny disk")
def test_a_daemon_on_a_full_disk_says_so_and_goes_on(tmp_path: Path, wav: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount a tmpfs")
    home = Home(disk / "home", "[triggers.osc]\nenabled = false\n")
    try:
        home.start()
        request = home.folder / "inbox" / "full-0001.json"
        draft = disk / "draft"
        draft.write_text(json.dumps(home.request("full-0001", wav)))
        with (disk / "fill").open("wb", buffering=0) as fill:
            try:
                while True:
                    fill.write(bytes(1024))
            except OSError as e:
                assert e.errno == errno.ENOSPC  # noqa: PT017
        draft.rename(request)
        wait_for(lambda: "cannot be written" in home.beat().get("problem", ""), "the sentence in the heartbeat")
        before = home.beat()["heartbeat"]
        wait_for(lambda: home.beat()["heartbeat"] > before, "the next heartbeat")
        (disk / "fill").unlink()
        assert home.wait_end("full-0001")["state"] == "done"
    finally:
        home.kill()
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("gone", ["home", "daemon.lock"])
@pytest.mark.first_is_enough
def test_a_daemon_whose_home_goes_makes_room_for_the_next(tmp_path: Path, gone: str, wav: Path) -> None:
    home = Home(tmp_path / "home", "[triggers.osc]\nenabled = false\n")
    config = (home.folder / "config.toml").read_text()
    first = home.start()
    if gone == "home":
        vanish(home.folder)
        home.folder.mkdir(mode=0o700)
        (home.folder / "config.toml").write_text(config)
    else:
        (home.folder / gone).unlink()
    try:
        second = home.start()
        wait_for(lambda: first.poll() is not None, "the first daemon's end")
        assert first.returncode == 2, "a service must not start it again"
        assert home.wait_end(home.submit(home.request("room-0001", wav)))["state"] == "done"
        assert home.beat()["pid"] == second.pid
    finally:
        home.kill()


def test_a_worker_that_falls_silent_is_ended_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import sys, time; print('{}', flush=True); time.sleep(600)"
    monkeypatch.setattr(worker_process, "program", lambda *words, **how: [sys.executable, "-c", script])
    monkeypatch.setattr(worker_process, "SILENT_S", 0.5)

    async def run() -> tuple[worker_process.JobEnd, int | None]:
        process = WorkerProcess(tmp_path, tmp_path / "logs" / "worker.log")
        end = await process.run("hung-0001", lambda answer: None)
        return end, process.pid

    end, pid = asyncio.run(run())
    assert (end.state, end.code) == ("failed", "engine-hangs")
    assert pid is None


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are POSIX's")
def test_what_a_worker_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that it started holds its pipes, and whoever stopped the worker waited for them."""
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid))\n"
        "print('{}', flush=True)\n"
        "time.sleep(600)"
    )
    monkeypatch.setattr(worker_process, "program", lambda *words, **how: [sys.executable, "-c", script])
    monkeypatch.setattr(worker_process, "SILENT_S", 0.5)
    process = WorkerProcess(tmp_path, tmp_path / "logs" / "worker.log")
    end = asyncio.run(process.run("hung-0002", lambda answer: None))
    assert end.code == "engine-hangs"
    child = int((tmp_path / "child").read_text())
    wait_for(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", "the child's end")


@pytest.mark.slow
def test_a_worker_gives_signs_of_life_while_it_works(home: Home, wav: Path) -> None:
    """One that is deaf in native code for a while is not taken for hung: its answers go on."""
    home.configure("[separators.fake]\nseconds = 3.0\n[triggers.osc]\nenabled = false\n")
    home.start()
    assert home.wait_end(home.submit(home.request("life-0001", wav)))["state"] == "done"


def test_a_place_that_another_worker_holds_is_told(tmp_path: Path) -> None:
    held, other = FileLock(tmp_path / "worker.lock"), FileLock(tmp_path / "worker.lock")
    assert worker._unlocked(held) == ""
    assert worker._unlocked(other) == worker.HELD
    held.free()
    (tmp_path / "folder" / "worker.lock").mkdir(parents=True)
    assert "move it away" in worker._unlocked(FileLock(tmp_path / "folder" / "worker.lock"))


@pytest.mark.slow
def test_a_log_that_cannot_be_written_keeps_no_job_from_running(home: Home, wav: Path) -> None:
    (home.folder / "logs" / "worker.log").mkdir(parents=True)
    home.start()
    assert home.wait_end(home.submit(home.request("mute-0001", wav)))["state"] == "done"


class Desk:
    """Takes every request."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def submit(self, data: Mapping[str, Any]) -> str:
        self.taken.append(data["id"])
        return str(data["id"])


@pytest.fixture
def inbox(tmp_path: Path) -> tuple[spool.SpoolTrigger, Path]:
    for name in ("inbox", "refused"):
        (tmp_path / name).mkdir()
    context = Context(lambda name: tmp_path, tmp_path, tmp_path)
    return spool.SpoolTrigger(spool.SpoolTrigger.Options(), context), tmp_path / "inbox"


def test_bad_files_keep_nobody_else_waiting(inbox: tuple[spool.SpoolTrigger, Path]) -> None:
    trigger, folder = inbox
    for number in range(300):
        file = folder / f"bad-{number:06d}.json"
        file.write_text("no json")
        # Not young any more: half a request may still be in the writing.
        os.utime(file, (1e9, 1e9))
    turns = 0

    async def run() -> None:
        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(turn())
        await trigger._take_all(Desk())  # type: ignore[arg-type]
        task.cancel()

    asyncio.run(run())
    assert turns >= 300
    assert not list(folder.iterdir())
    assert len(list(folder.with_name("refused").iterdir())) == spool.MAX_REFUSALS


def test_what_cannot_be_removed_is_refused_once(
    inbox: tuple[spool.SpoolTrigger, Path], caplog: pytest.LogCaptureFixture
) -> None:
    trigger, folder = inbox
    (folder / "stuck-0001.json").mkdir()
    (folder / "stuck-0001.json" / "file").touch()
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            asyncio.run(trigger._take_all(Desk()))  # type: ignore[arg-type]
    assert len([r for r in caplog.records if "refused" in r.message]) == 1
    # Once it is gone, another of its name is a request as any.
    shutil.rmtree(folder / "stuck-0001.json")
    asyncio.run(trigger._take_all(Desk()))  # type: ignore[arg-type]
    (folder / "stuck-0001.json").write_text('{"id": "stuck-0001"}')
    desk = Desk()
    asyncio.run(trigger._take_all(desk))  # type: ignore[arg-type]
    assert desk.taken == ["stuck-0001"]


@pytest.mark.parametrize(("patience_s", "is_refused"), [(10.0, False), (0.0, True)])
def test_a_request_that_cannot_be_read_for_a_moment_waits(
    inbox: tuple[spool.SpoolTrigger, Path], monkeypatch: pytest.MonkeyPatch, patience_s: float, is_refused: bool
) -> None:
    trigger, folder = inbox
    (folder / "held-0001.json").write_text('{"id": "held-0001"}')
    held = [True]

    def read(path: Path, largest: int) -> bytes:
        if held[0]:
            raise PermissionError(errno.EACCES, "a virus scanner looks at it")
        return read_untrusted(path, largest)

    monkeypatch.setattr("bridge.triggers.spool.read_untrusted", read)
    monkeypatch.setattr(spool, "PATIENCE_S", patience_s)
    monkeypatch.setattr(spool, "RETRY_S", 0.0)
    desk = Desk()
    asyncio.run(trigger._take_all(desk))  # type: ignore[arg-type]
    assert (folder / "held-0001.json").exists() != is_refused
    held[0] = False
    asyncio.run(trigger._take_all(desk))  # type: ignore[arg-type]
    assert (desk.taken == ["held-0001"]) != is_refused


def test_a_job_folder_that_cannot_be_looked_at_waits_too(
    home: Home, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(home.folder)
    store.accept(home.request("away-0001", wav))

    def load(self: JobStore, job_id: str) -> None:
        raise OSError(errno.ESTALE, "the network drive is gone")

    monkeypatch.setattr(JobStore, "load", load)
    with raises_code("job-unwritable"):
        store.accept(home.request("away-0001", wav))


def test_a_clock_that_jumps_makes_no_job_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, jobs = Clock(), Store(tmp_path)
    jobs.add("young-0001", 2.0)
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + 100 * 86_400)
    assert expired_jobs(jobs.store, jobs.jobs, Limits(30.0, 1e9), clock.now()) == []
    assert expired_jobs(jobs.store, jobs.jobs, Limits(30.0, 1e9)) == ["young-0001"]


@pytest.mark.slow
def test_a_clock_that_jumped_while_the_daemon_was_off_removes_nothing_at_once(home: Home, wav: Path) -> None:
    home.start()
    home.submit(home.request("off-0001", wav))
    assert home.wait_end("off-0001")["state"] == "done"
    folder = home.folder / "jobs" / "off-0001"
    home.run("stop")
    # To the daemon a clock 100 days ahead is the same as files that are 100 days old.
    old = time.time() - 100 * 86_400
    for path in (folder / "status.json", home.folder / "daemon.lock"):
        os.utime(path, (old, old))
    home.start()
    home.submit(home.request("off-0002", wav))
    home.wait_end("off-0002")
    home.run("stop")
    assert folder.exists()
    home.start()
    wait_for(lambda: not folder.exists(), "the old job's end")


def test_the_number_of_old_jobs_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MAX_JOBS", 3)
    jobs = Store(tmp_path)
    for number in range(6):
        jobs.add(f"small-{number:04d}", 6.0 - number, state="failed")
    assert expired_jobs(jobs.store, jobs.jobs, Limits(30.0, 1e9)) == ["small-0000", "small-0001", "small-0002"]


@pytest.fixture(params=[lupa.lua53, lupa.lua54], ids=["lua5.3", "lua5.4"])
def lua(request: pytest.FixtureRequest) -> Any:
    lib = Path(__file__).parents[2] / "daw_scripts" / "lib"
    runtime = request.param.LuaRuntime(encoding="utf-8", unpack_returned_tuples=True)
    runtime.execute(f"package.path = '{lib.as_posix()}/?.lua;' .. package.path")
    runtime.execute("json = require 'json'; spool = require 'spool'; files = require 'files'")
    return runtime


@pytest.mark.parametrize("number", ["1" * 40_000, "-" + "1" * 65, "1." + "0" * 40_000 + "e", "1e" + "9" * 40_000])
def test_a_number_without_end_is_refused_at_once(lua: Any, number: str) -> None:
    value, reason = lua.eval("json.decode")("[" + number + "]")
    assert value is None
    assert "number" in reason
    assert lua.eval("json.decode")("1" * 18) == int("1" * 18)


@pytest.mark.parametrize("ahead_s", [3600, 31_536_000, 1e300])
def test_a_heartbeat_left_ahead_of_the_clock_is_a_dead_daemons(lua: Any, tmp_path: Path, ahead_s: float) -> None:
    lua.globals().home = str(tmp_path)
    lua.execute("s = spool.new(home, files.new(io, os))")
    (tmp_path / "daemon.json").write_text(json.dumps({"heartbeat": 1000 + ahead_s, "protocol": 1}))
    runs = lua.eval("function(now) return s:daemon(now) ~= nil end")
    runs(1000)
    assert not runs(1007)
    # One that moves is a daemon's whose clock is another.
    (tmp_path / "daemon.json").write_text(json.dumps({"heartbeat": 1002 + 2 * ahead_s, "protocol": 1}))
    assert runs(1009)


@pytest.mark.parametrize(
    "command", [["python", "x"], ["./run"], ["/bin/sh", "a\nb"], ["/bin/sh", 'a"b'], ["/x"] * 17, [], ["C:run.exe"]]
)
def test_a_launcher_that_is_no_program_of_ours_is_none(lua: Any, tmp_path: Path, command: list[str]) -> None:
    lua.globals().home = str(tmp_path)
    lua.execute("s = spool.new(home, files.new(io, os))")
    (tmp_path / "launcher.json").write_text(json.dumps({"command": command}))
    assert lua.eval("s:launcher()") is None
    (tmp_path / "launcher.json").write_text(json.dumps({"command": ["C:\\a b\\python.exe", "__main__.py"]}))
    assert lua.eval("s:launcher()[1]") == "C:\\a b\\python.exe"


@pytest.fixture
def live_spool() -> Any:
    """The spool as Live's script reads it."""
    place = Path(__file__).parents[2] / "daw_scripts" / "live" / "remote_script" / "dawscribe" / "spool.py"
    spec = importlib.util.spec_from_file_location("live_spool", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_live_too_knows_a_heartbeat_that_was_left_ahead(live_spool: Any, tmp_path: Path) -> None:
    now = [1000.0]
    seen = live_spool.Spool(str(tmp_path), lambda: now[0])
    (tmp_path / "daemon.json").write_text(json.dumps({"heartbeat": 4600.0}))
    seen.daemon()
    now[0] = 1007.0
    assert seen.daemon() is None
    (tmp_path / "daemon.json").write_text(json.dumps({"heartbeat": 4608.0}))
    assert seen.daemon() is not None
    (tmp_path / "daemon.json").write_text(json.dumps({"heartbeat": 1005.0}))
    assert seen.daemon() is not None


@pytest.mark.parametrize("command", [["python", "x"], ["/bin/sh", "a\nb"], ["/bin/sh", 'a"b'], ["/x"] * 17, []])
def test_live_too_starts_no_program_but_ours(live_spool: Any, tmp_path: Path, command: list[str]) -> None:
    seen = live_spool.Spool(str(tmp_path))
    (tmp_path / "launcher.json").write_text(json.dumps({"command": command}))
    assert seen.launcher() is None
    (tmp_path / "launcher.json").write_text(json.dumps({"command": [sys.executable, "__main__.py"]}))
    assert seen.launcher() == [sys.executable, "__main__.py"]
