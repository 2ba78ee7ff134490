"""Finds REAPER's resource folders, and whether REAPER runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bridge.errors import HostError

MARK = "reaper.ini"
"""The file that makes a folder a resource folder."""
PROCESSES = Path("/proc")
"""Where Linux tells about running programs."""


def folders(portable: Path | None = None) -> list[Path]:
    """The resource folders of this user, or of the portable REAPER at ``portable``.

    Raises:
        HostError: there is none.
    """
    if portable is not None:
        if not (portable / MARK).is_file():
            raise HostError(f"{portable} holds no reaper.ini; name the folder of a portable REAPER, started once.")
        return [portable]
    found = [folder for folder in _usual() if folder.is_dir()]
    if not found:
        raise HostError("REAPER's resource folder was not found; start REAPER once, or name it with --portable DIR.")
    return found


def _usual() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        return [Path(os.environ.get("APPDATA", home / "AppData/Roaming")) / "REAPER"]
    if sys.platform == "darwin":
        return [home / "Library/Application Support/REAPER"]
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [config / "REAPER", home / ".var/app/fm.reaper.Reaper/config/REAPER"]


def is_running() -> bool:
    """Whether any REAPER runs for this user (on Windows, for anybody): it rewrites its files when it ends."""
    if sys.platform == "win32":
        listing = _output("tasklist", "/FI", "IMAGENAME eq reaper.exe", "/NH")
        return "reaper.exe" in listing.lower()
    if sys.platform == "darwin":
        return bool(_output("pgrep", "-x", "-U", str(os.getuid()), "REAPER").strip())
    return any(_is_users_reaper(process) for process in PROCESSES.glob("[0-9]*"))


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def _is_users_reaper(process: Path) -> bool:
    try:
        is_users = process.stat().st_uid == os.getuid()
        return is_users and (process / "comm").read_text(encoding="utf-8", errors="replace").strip() == "reaper"
    except OSError:
        return False
