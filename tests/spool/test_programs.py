"""Windows' and macOS' branches of what starts and lists programs, as they run everywhere."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.daemon.os_service import service
from bridge.hosts.ardour import config_folder
from bridge.hosts.reaper import resource_folder
from bridge.spool import programs

NOT_FOUND = {
    "en": "INFO: No tasks are running which match the specified criteria.".encode("cp437"),
    "de": "INFORMATION: Es werden keine Aufgaben mit den angegebenen Kriterien ausgeführt.".encode("cp850"),
    "pl": "INFORMACJA: Brak uruchomionych zadań spełniających określone kryteria.".encode("cp852"),
    "ja": "情報: 指定された条件に一致するタスクは実行されていません。".encode("cp932"),
}
FOUND = b"reaper.exe                    4242 Console                    1    212.340 K\r\n"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with fake system tools, first in the search path."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def tool(folder: Path, name: str, answer: bytes) -> None:
    """A program that prints ``answer``."""
    (folder / f"{name}.txt").write_bytes(answer)
    program = folder / name
    program.write_text(f"#!/bin/sh\ncat '{folder}/{name}.txt'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The branches of Windows, with the flags that only its Python takes left out."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(programs, "hidden", lambda **_: 0)


@pytest.mark.parametrize("language", NOT_FOUND)
def test_a_closed_reaper_is_seen_on_windows_of_every_language(
    tools: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    tool(tools, "tasklist", NOT_FOUND[language])
    on_windows(monkeypatch)
    assert not resource_folder.is_running()
    assert not config_folder.is_running(Path("ardour7"))


def test_a_running_reaper_is_seen_on_windows(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tools, "tasklist", FOUND.replace(b"reaper", b"REAPER"))
    on_windows(monkeypatch)
    assert resource_folder.is_running()


def test_a_running_ardour_is_seen_on_windows(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tools, "tasklist", b"explorer.exe    1 Console\r\nArdour.exe      2 Console     1    212.340 K\r\n")
    on_windows(monkeypatch)
    assert config_folder.is_running(Path("ardour7"))


@pytest.mark.parametrize("system", ["win32", "darwin", "linux"])
def test_a_portable_reaper_may_be_set_up_while_another_runs(
    tools: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str
) -> None:
    mine, others = tmp_path / "Übung" / "REAPER", tmp_path / "REAPER"
    for folder in (mine, others):
        folder.mkdir(parents=True)
    process = tmp_path / "proc" / "4711"
    process.mkdir(parents=True)
    (process / "comm").write_text("reaper\n")
    (process / "exe").symlink_to(others / "reaper")
    monkeypatch.setattr(resource_folder, "PROCESSES", process.parent)
    tool(tools, "tasklist", FOUND)
    tool(tools, "pgrep", b"4242\n")
    listing = os.fsencode(others / "REAPER.exe") + b"\r\n"
    tool(tools, "powershell", listing.replace(b"/", b"\\") if system == "win32" else listing)
    tool(tools, "ps", listing)
    on_windows(monkeypatch)
    monkeypatch.setattr(sys, "platform", system)
    assert not resource_folder.is_running(mine)
    assert resource_folder.is_running(others)
    assert resource_folder.is_running()


def test_a_tool_that_is_missing_lists_nothing() -> None:
    assert programs.output(("no-such-tool-of-any-system",)) == b""


def test_children_show_no_window_on_windows() -> None:
    assert programs.hidden("win32") == 0x08000000
    assert programs.hidden("win32", own_group=True) == 0x08000000 | 0x200
    assert programs.hidden("win32") & 0x8 == 0  # DETACHED_PROCESS: a venv's python opens a console then
    assert programs.hidden("linux", own_group=True) == programs.hidden("darwin") == 0


def test_what_starts_outside_a_console_is_the_windowless_python(tmp_path: Path) -> None:
    for name in ("python.exe", "pythonw.exe"):
        (tmp_path / name).touch()
    console, windowless = str(tmp_path / "python.exe"), str(tmp_path / "pythonw.exe")
    assert programs.windowless_python(console, "win32") == windowless
    assert programs.console_python(windowless, "win32") == console
    assert programs.windowless_python("/usr/bin/python3", "linux") == "/usr/bin/python3"
    (tmp_path / "pythonw.exe").unlink()
    assert programs.windowless_python(console, "win32") == console


def test_the_logon_task_opens_no_console(tmp_path: Path) -> None:
    for name in ("python.exe", "pythonw.exe"):
        (tmp_path / name).touch()
    task = service("win32", (str(tmp_path / "python.exe"), "-m", "bridge"), tmp_path, tmp_path)
    assert f"<Command>{tmp_path / 'pythonw.exe'}</Command>" in task.content.decode("utf-16")


def test_a_child_of_the_windowless_python_keeps_its_streams() -> None:
    done = subprocess.run([programs.console_python(), "-c", "print(1)"], capture_output=True, check=True)
    assert done.stdout.strip() == b"1"
