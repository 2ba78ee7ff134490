"""``dawscribe setup reaper``: what it writes, twice the same, and out again byte for byte."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge import plugins
from bridge.errors import HostError
from bridge.hosts.reaper.actions import ACTION, ACTIONS, command_id
from bridge.interfaces import Context

KB = b'KEY 1 86 _SWS 0\r\nSCR 4 0 RS1234 "Custom: mine.lua" mine.lua\r\n\xff odd bytes stay\r\n'
MENU = (
    b"[Main toolbar]\nitem_0=40001 x\n\n[Media item context]\nitem_0=40006 Remove items\nitem_1=-1\n"
    b"item_2=_RSabc Mine\ntitle=Media item context\ncustomized=1\n[Track control panel context]\nitem_0=1 y\n"
)


@pytest.fixture
def reaper(tmp_path: Path) -> Path:
    """A portable REAPER with files of its own."""
    folder = tmp_path / "REAPER"
    (folder / "Scripts").mkdir(parents=True)
    (folder / "reaper.ini").write_bytes(b"[reaper]\n")
    (folder / "reaper-kb.ini").write_bytes(KB)
    (folder / "reaper-menu.ini").write_bytes(MENU)
    (folder / "Scripts" / "__startup.lua").write_bytes(b"-- my own start\nreaper.defer(function() end)")
    return folder


def setup(folder: Path, *, uninstall: bool = False) -> list[str]:
    home = folder.parent / "home"
    context = Context(model=lambda name: Path(name), cache=home / "cache", home=home)
    host = plugins.create("hosts", "reaper", {}, context)
    lines: list[str] = host.setup(argparse.Namespace(uninstall=uninstall, portable=folder))
    return lines


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_actions_are_registered_under_the_ids_reaper_derives_from_their_paths(reaper: Path) -> None:
    setup(reaper)
    lines = (reaper / "reaper-kb.ini").read_bytes().decode("latin-1").split("\r\n")
    assert "\r\n".join(lines).startswith(KB.decode("latin-1"))
    ours = [line for line in lines if "dawscribe_" in line]
    assert len(ours) == len(ACTIONS)
    for line in ours:
        path = line.split('"')[3]
        assert line.split()[3] == "RS" + hashlib.sha1(path.upper().encode()).hexdigest()
        assert (reaper / "Scripts" / path).is_file()


def test_a_customised_item_menu_gets_our_entry_at_its_end(reaper: Path) -> None:
    lines = setup(reaper)
    menu = (reaper / "reaper-menu.ini").read_text()
    assert f"item_2=_RSabc Mine\nitem_3={command_id(ACTION)} dawscribe" in menu
    assert menu.count("dawscribe") == 1
    assert any("right-click menu" in line for line in lines)


def test_a_stock_item_menu_is_left_alone_and_the_clicks_are_explained(reaper: Path) -> None:
    (reaper / "reaper-menu.ini").unlink()
    lines = setup(reaper)
    assert not (reaper / "reaper-menu.ini").exists()
    assert any("Customize menus/toolbars" in line for line in lines)
    toolbar = (reaper / "MenuSets" / "dawscribe.ReaperMenu").read_text()
    assert f"item_0={command_id(ACTION)} dawscribe: {ACTION}" in toolbar


def test_the_listener_starts_with_reaper_after_what_is_there(reaper: Path) -> None:
    setup(reaper)
    text = (reaper / "Scripts" / "__startup.lua").read_text()
    assert text.startswith("-- my own start\nreaper.defer(function() end)\n-- dawscribe begin\n")


def test_twice_is_the_same_as_once(reaper: Path) -> None:
    setup(reaper)
    once = contents(reaper)
    setup(reaper)
    assert contents(reaper) == once


def test_uninstall_leaves_every_file_as_it_was(reaper: Path) -> None:
    before = contents(reaper)
    setup(reaper)
    setup(reaper)
    assert (reaper / "reaper-kb.ini.before-dawscribe").read_bytes() == KB
    setup(reaper, uninstall=True)
    assert contents(reaper) == before


def test_uninstall_keeps_what_the_user_changed_since(reaper: Path) -> None:
    setup(reaper)
    for name, more in (("reaper-kb.ini", b"KEY 1 66 40001 0\r\n"), ("Scripts/__startup.lua", b"-- later\n")):
        path = reaper / name
        path.write_bytes(path.read_bytes() + more)
    setup(reaper, uninstall=True)
    assert (reaper / "reaper-kb.ini").read_bytes() == KB + b"KEY 1 66 40001 0\r\n"
    text = (reaper / "Scripts" / "__startup.lua").read_text()
    assert text == "-- my own start\nreaper.defer(function() end)\n-- later\n"


def test_an_empty_reaper_is_empty_again_after_uninstall(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir()
    (folder / "reaper.ini").write_bytes(b"")
    setup(folder)
    assert (folder / "reaper-kb.ini").exists()
    setup(folder, uninstall=True)
    assert contents(folder) == {"reaper.ini": b""}


def test_the_scripts_know_how_to_start_the_daemon(reaper: Path) -> None:
    setup(reaper)
    launcher = json.loads((reaper.parent / "home" / "launcher.json").read_text())
    assert launcher["command"][0] == sys.executable


def test_a_folder_without_reaper_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"reaper\.ini"):
        setup(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="a process is named after its file on Linux")
def test_a_running_reaper_is_not_touched(reaper: Path, tmp_path: Path) -> None:
    program = tmp_path / "reaper"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([str(program), "30"])
    try:
        before = contents(reaper)
        end = time.monotonic() + 10
        while Path(f"/proc/{process.pid}/comm").read_text() != "reaper\n" and time.monotonic() < end:
            time.sleep(0.01)
        with pytest.raises(HostError, match="running"):
            setup(reaper)
        assert contents(reaper) == before
    finally:
        process.kill()
        process.wait()
