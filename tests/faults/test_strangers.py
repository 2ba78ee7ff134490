"""Other people's code and other people's eyes: nothing runs from the current folder, nothing of the home is open."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.daemon.os_service import service
from bridge.files import own_home
from bridge.spool.launcher import launch_command, program
from tests.raising import raises_code
from tests.support import Home, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders and permissions as POSIX has them")
HOSTILE = ("bridge", "json", "logging", "pathlib", "numpy", "openvino", "soundfile", "sitecustomize")
"""Modules that a song's folder could bring along."""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A project folder with code in it that must not run."""
    folder = tmp_path / "song from the net"
    folder.mkdir()
    for name in HOSTILE:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'RAN')!r}, 'a').write(__name__)\nraise SystemExit(3)\n")
    return folder


@pytest.mark.parametrize("path", ["", ":", ".:"], ids=["plain", "empty entry", "dot"])
@pytest.mark.first_is_enough
def test_no_code_of_the_current_folder_runs(home: Home, song: Path, wav: Path, path: str) -> None:
    # What PYTHONPATH names Python itself searches before we are there to say no: for sitecustomize, and for what an
    # editable installation's finder imports.
    if path:
        for name in ("sitecustomize", "pathlib"):
            (song / f"{name}.py").unlink()
    home.env["PYTHONPATH"] = path + home.env["PYTHONPATH"]
    # Python itself takes its own beginnings (encodings, os ...) from there; ours come after.
    command = launch_command(home.folder)
    done = subprocess.run(command, cwd=song, env=home.env, capture_output=True, text=True, timeout=60, check=False)
    try:
        assert done.returncode == 0, done.stderr
        job = home.submit(home.request("safe-0001", wav))
        assert home.wait_end(job)["state"] == "done"
        daemon = home.beat()["pid"]
        worker = wait_for(lambda: home.beat()["worker"], "the worker's id")
        if sys.platform == "linux":
            folders = {os.readlink(f"/proc/{pid}/cwd") for pid in (daemon, worker)}
            assert folders == {str(home.folder)}, "a folder that is somebody's current one cannot be ejected"
    finally:
        home.run("stop", check=False)
    assert not (song / "RAN").exists(), (song / "RAN").read_text()


def test_every_way_to_start_is_the_safe_one(home: Home) -> None:
    home.start()
    launcher = json.loads((home.folder / "launcher.json").read_text())["command"]
    assert launcher == home.beat()["command"] == launch_command(home.folder)
    for system in ("linux", "darwin", "win32"):
        content = service(system, program(), home.folder, home.folder).content
        assert "__main__.py" in content.decode("utf-16" if system == "win32" else "utf-8")
    assert "-m" not in launcher


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022])
@pytest.mark.first_is_enough
def test_what_the_home_holds_is_the_users_alone(tmp_path: Path, wav: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        home = Home(tmp_path / "home", "[triggers.osc]\nenabled = false\n")
        home.folder.chmod(0o755)
        home.start()
        assert home.wait_end(home.submit(home.request("mine-0001", wav)))["state"] == "done"
    finally:
        os.umask(before)
        home.kill()
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    ours = [p for p in home.folder.rglob("*") if p.name not in ("config.toml", "verbose.log", "inbox")]
    assert len(ours) > 10
    assert [str(p) for p in ours if p.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("mask", [0o000, 0o022])
@pytest.mark.first_is_enough
def test_the_first_command_makes_a_home_of_the_users_alone(home: Home, wav: Path, tmp_path: Path, mask: int) -> None:
    home.env["DAWSCRIBE_HOME"] = str(tmp_path / "deep" / "new")
    hears = [word for role in ("drums", "bass", "vocals", "other") for word in ("--transcriber", f"{role}=fake")]
    before = os.umask(mask)
    try:
        home.run("transcribe", wav, "-o", tmp_path / "out", "--separator", "fake", "--no-tempo", *hears)
    finally:
        os.umask(before)
    made = tmp_path / "deep" / "new"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


@pytest.mark.slow
def test_a_home_that_others_may_write_is_refused(tmp_path: Path, home: Home) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    with raises_code("home-open-to-others"):
        own_home(loose)
    home.folder.chmod(0o777)
    for command in ("daemon", "doctor"):
        refused = home.run(command, check=False)
        assert refused.returncode == 2
        assert "chmod 700" in refused.stderr
    home.folder.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_home_of_somebody_else_is_refused(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.mkdir()
    os.chown(planted, 65534, 65534)
    with raises_code("home-of-another"):
        own_home(planted)


def test_a_readable_home_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    own_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    home.chmod(0o755)
    own_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
