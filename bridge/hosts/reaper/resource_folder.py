"""Finds REAPER's resource folders, and whether REAPER runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bridge.errors import HostError
from bridge.spool.programs import output

MARK = "reaper.ini"
"""The file that makes a folder a resource folder."""
WINDOWS_PATHS = ("powershell", "-NoProfile", "-Command", "(Get-Process reaper -ErrorAction SilentlyContinue).Path")
"""Asks where the running REAPERs lie; tasklist knows their names only."""
FLATPAK = Path(".var/app/fm.reaper.Reaper/config/REAPER")
"""Resource folder of the REAPER from Flathub, from the user's home."""
PROCESSES = Path("/proc")
"""Where Linux tells about running programs."""


def folders(portable: Path | None = None) -> list[Path]:
    """The resource folders of this user, or of the portable REAPER at ``portable``.

    Raises:
        HostError: there is none.
    """
    if portable is not None:
        if not (portable / MARK).is_file():
            raise HostError(
                f"{portable} holds no reaper.ini; name the folder of a portable REAPER, started once.",
                code="reaper-folder-missing",
            )
        return [portable]
    found = [folder for folder in _usual() if folder.is_dir()]
    if not found:
        raise HostError(
            "REAPER's resource folder was not found; start REAPER once, or name it with --portable DIR.",
            code="reaper-not-found",
        )
    return found


def _usual() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        return [Path(os.environ.get("APPDATA", home / "AppData/Roaming")) / "REAPER"]
    if sys.platform == "darwin":
        return [home / "Library/Application Support/REAPER"]
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [config / "REAPER", home / FLATPAK]


def is_running(portable: Path | None = None) -> bool:
    """Say whether a REAPER runs for this user (on Windows, for anybody): it rewrites its files when it ends.

    Args:
        portable: the folder of a portable REAPER; then only a program inside it counts, where that can be told.
    """
    if sys.platform == "win32":
        if b"reaper.exe" not in output(("tasklist", "/FI", "IMAGENAME eq reaper.exe", "/NH")):
            return False
        return portable is None or _is_inside(output(WINDOWS_PATHS), portable)
    if sys.platform == "darwin":
        if not output(("pgrep", "-x", "-U", str(os.getuid()), "REAPER")).strip():
            return False
        return portable is None or _is_inside(output(("ps", "-x", "-o", "comm=")), portable)
    found = [process for process in PROCESSES.glob("[0-9]*") if _is_users_reaper(process)]
    return any(portable is None or _may_lie_in(process, portable) for process in found)


def _is_inside(paths: bytes, folder: Path) -> bool:
    """Say whether a listing names a program inside ``folder``; an empty listing may hide one."""
    wanted = os.fsencode(folder.resolve()).lower().replace(b"\\", b"/")
    return not paths.strip() or wanted + b"/" in paths.replace(b"\\", b"/")


def _may_lie_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "exe").readlink().is_relative_to(folder.resolve())
    except OSError:
        return True


def _is_users_reaper(process: Path) -> bool:
    try:
        is_users = process.stat().st_uid == os.getuid()
        return is_users and (process / "comm").read_text(encoding="utf-8", errors="replace").strip() == "reaper"
    except OSError:
        return False
