"""``dawscribe setup reaper``: what it writes, twice the same, and out again byte for byte."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.hosts.reaper.actions import ACTION, ACTIONS, LISTENER, command_id, script_path
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from tests.raising import raises_code
from tests.reaper_sim import Reaper

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
    lines: list[str] = host.uninstall(folder) if uninstall else host.install(folder)
    return lines


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_actions_are_registered_under_the_ids_reaper_derives_from_their_paths(reaper: Path) -> None:
    setup(reaper)
    lines = (reaper / "reaper-kb.ini").read_bytes().decode("latin-1").split("\r\n")
    assert "\r\n".join(lines).startswith(KB.decode("latin-1"))
    ours = [line for line in lines if "dawscribe_" in line]
    assert len(ours) == len(ACTIONS)
    assert f"KEY 29 84 {command_id(ACTION)} 0" in lines
    for line in ours:
        path = line.split('"')[3]
        assert line.split()[3] == "RS" + hashlib.sha1(path.upper().encode()).hexdigest()
        assert (reaper / "Scripts" / path).is_file()


def test_the_shortcut_is_the_users_to_have(reaper: Path) -> None:
    mine = b"KEY 29 84 40001 0\r\n"
    (reaper / "reaper-kb.ini").write_bytes(KB + mine)
    lines = setup(reaper)
    assert (reaper / "reaper-kb.ini").read_bytes().count(b"KEY 29 84") == 1
    assert not any("Ctrl+Alt+Shift+T" in line for line in lines)
    setup(reaper, uninstall=True)
    assert (reaper / "reaper-kb.ini").read_bytes() == KB + mine


def test_a_shortcut_that_was_taken_away_stays_away_and_uninstall_takes_all_of_ours(reaper: Path) -> None:
    lines = setup(reaper)
    assert any("Ctrl+Alt+Shift+T" in line for line in lines)
    kb = reaper / "reaper-kb.ini"
    key = f"KEY 29 84 {command_id(ACTION)} 0\r\n".encode()
    own = f"KEY 5 70 {command_id('Cancel')} 0\r\n".encode()
    kb.write_bytes(kb.read_bytes().replace(key, b"") + own)
    before = kb.read_bytes()
    setup(reaper)
    assert kb.read_bytes() == before
    setup(reaper, uninstall=True)
    assert kb.read_bytes() == KB


def test_an_entry_of_an_earlier_version_gets_the_actions_name(reaper: Path) -> None:
    menu = f"[Media item context]\nitem_0={command_id(ACTION)} dawscribe: transcribe to MIDI\ntitle=x\n"
    (reaper / "reaper-menu.ini").write_text(menu)
    setup(reaper)
    assert f"item_0={command_id(ACTION)} dawscribe: {ACTION}\n" in (reaper / "reaper-menu.ini").read_text()


def test_a_reaper_from_flathub_is_told_about_the_service(tmp_path: Path) -> None:
    folder = tmp_path / ".var/app/fm.reaper.Reaper/config/REAPER"
    folder.mkdir(parents=True)
    (folder / "reaper.ini").write_bytes(b"[reaper]\n")
    assert any("dawscribe setup service" in line for line in setup(folder))


def test_a_customised_item_menu_gets_our_entry_at_its_end(reaper: Path) -> None:
    lines = setup(reaper)
    menu = (reaper / "reaper-menu.ini").read_text()
    assert f"item_2=_RSabc Mine\nitem_3={command_id(ACTION)} dawscribe" in menu
    assert menu.count("dawscribe") == 1
    assert any("right-click menu" in line for line in lines)


def test_lines_end_at_line_feeds_only_whatever_bytes_they_hold(reaper: Path) -> None:
    # The last byte of this letter is 0x85, which Latin-1 takes for the end of a line.
    menu = "[Media item context]\r\nitem_0=_RSabc Сдвинуть вверх и вниз\r\ntitle=Media item context\r\n".encode()
    assert b"\x85" in menu
    (reaper / "reaper-menu.ini").write_bytes(menu)
    setup(reaper)
    entry = f"item_1={command_id(ACTION)} dawscribe: Transcribe selected items\r\n".encode()
    assert (reaper / "reaper-menu.ini").read_bytes() == menu.replace(b"title", entry + b"title")
    (reaper / "reaper-menu.ini").write_bytes((reaper / "reaper-menu.ini").read_bytes() + b"[Main]\r\n")
    setup(reaper, uninstall=True)
    assert (reaper / "reaper-menu.ini").read_bytes() == menu + b"[Main]\r\n"


def test_an_entry_that_the_user_placed_stays_where_it_is(reaper: Path) -> None:
    menu = f"[Media item context]\nitem_0={command_id(ACTION)} My words\nitem_1=40006 Remove\n".encode()
    (reaper / "reaper-menu.ini").write_bytes(menu)
    lines = setup(reaper)
    assert (reaper / "reaper-menu.ini").read_bytes() == menu
    assert any("right-click menu" in line for line in lines)
    setup(reaper, uninstall=True)
    assert (reaper / "reaper-menu.ini").read_bytes() == menu


def test_an_entry_that_the_user_removed_stays_away(reaper: Path) -> None:
    setup(reaper)
    (reaper / "reaper-menu.ini").write_bytes(MENU)
    setup(reaper)
    setup(reaper)
    assert (reaper / "reaper-menu.ini").read_bytes() == MENU


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
    # A script of its own: the user's lines and ours must not share a Lua state.
    assert f"NamedCommandLookup('{command_id(LISTENER)}')" in text


def test_a_listener_of_an_earlier_version_is_replaced_in_place(reaper: Path) -> None:
    startup = reaper / "Scripts" / "__startup.lua"
    startup.write_text("-- dawscribe begin\npcall(dofile, 'x')\n-- dawscribe end\n-- later\n")
    setup(reaper)
    assert "dofile" not in startup.read_text()
    assert startup.read_text().startswith("-- dawscribe begin\nreaper.Main_OnCommand(")
    assert startup.read_text().endswith("-- dawscribe end\n-- later\n")


def test_a_listener_that_was_switched_off_stays_off(reaper: Path) -> None:
    startup = reaper / "Scripts" / "__startup.lua"
    setup(reaper)
    startup.write_text("-- my own start\n")
    for _ in range(2):
        lines = setup(reaper)
        assert startup.read_text() == "-- my own start\n"
    assert any("listener stays off" in line for line in lines)


def test_the_action_set_up_and_the_installer_write_the_same_lines(reaper: Path) -> None:
    startup = reaper / "Scripts" / "__startup.lua"
    setup(reaper)
    written = startup.read_bytes()
    running = Reaper(reaper, extensions=())
    running.answers.extend([6, 7, 6, 7])  # off, and on again
    for expected in (False, True):
        running.run(reaper / "Scripts" / script_path("Set up"))
        running.close()
        assert (startup.read_bytes() == written) == expected


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


def test_uninstall_after_a_second_setup_keeps_what_came_between(reaper: Path) -> None:
    setup(reaper)
    binding = b'SCR 4 0 RSnew "Custom: new.lua" "my new.lua"\r\nKEY 5 70 _RSnew 0\r\n'
    kb, startup = reaper / "reaper-kb.ini", reaper / "Scripts" / "__startup.lua"
    kb.write_bytes(kb.read_bytes() + binding)
    startup.write_bytes(startup.read_bytes() + b"-- later\n")
    setup(reaper)
    assert kb.read_bytes().endswith(binding)
    setup(reaper, uninstall=True)
    assert kb.read_bytes() == KB + binding
    assert startup.read_text() == "-- my own start\nreaper.defer(function() end)\n-- later\n"


def test_actions_stay_registered_as_reaper_writes_them(reaper: Path) -> None:
    setup(reaper)
    kb = reaper / "reaper-kb.ini"
    # REAPER drops the quotes where no space needs them, and keeps what the user answered about a second start.
    written = kb.read_bytes().replace(b'"dawscribe/dawscribe_Cancel.lua"', b"dawscribe/dawscribe_Cancel.lua")
    written = written.replace(b"SCR 4 0 RS0112", b"SCR 260 0 RS0112")
    assert written != kb.read_bytes()
    kb.write_bytes(written)
    setup(reaper)
    assert kb.read_bytes() == written
    setup(reaper, uninstall=True)
    assert kb.read_bytes() == KB


def test_a_reapack_installation_beside_ours_stays(reaper: Path) -> None:
    package = reaper / "Scripts" / "dawscribe" / "dawscribe"
    (package / "lib").mkdir(parents=True)
    (package / "dawscribe_Cancel.lua").write_text("-- by ReaPack\n")
    line = b'SCR 4 0 RSpack "Custom: dawscribe_Cancel.lua" dawscribe/dawscribe/dawscribe_Cancel.lua\r\n'
    (reaper / "reaper-kb.ini").write_bytes(KB + line)
    before = contents(reaper)
    setup(reaper)
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
    assert launcher["command"][-2:] == ["--home", str(reaper.parent / "home")]


def test_the_scripts_find_a_home_that_was_moved_in_a_shell_only(reaper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup(reaper)
    monkeypatch.delenv("DAWSCRIBE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(reaper.parent / "nobody"))
    running = Reaper(reaper, extensions=())
    running.run(reaper / "Scripts" / script_path("Set up"))
    (_, text, _), *_ = running.messages
    assert text.startswith("dawscribe is installed.")


def test_a_folder_without_reaper_is_refused(tmp_path: Path) -> None:
    with raises_code("reaper-folder-missing"):
        setup(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="a process is named after its file on Linux")
def test_a_running_reaper_is_not_touched(reaper: Path, tmp_path: Path) -> None:
    program = reaper / "reaper"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([str(program), "30"])
    try:
        before = contents(reaper)
        end = time.monotonic() + 10
        while Path(f"/proc/{process.pid}/comm").read_text() != "reaper\n" and time.monotonic() < end:
            time.sleep(0.01)
        with raises_code("daw-running"):
            setup(reaper)
        assert contents(reaper) == before
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own tools are asked")
def test_another_users_reaper_is_no_reason_to_wait(
    reaper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = tmp_path / "proc" / "4711"
    process.mkdir(parents=True)
    (process / "comm").write_text("reaper\n")
    monkeypatch.setattr("bridge.hosts.reaper.resource_folder.PROCESSES", process.parent)
    with raises_code("daw-running"):
        setup(reaper)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    setup(reaper)
