"""Find Ardour's configuration of this user, and see whether it runs right now."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.files import find_program
from bridge.spool.programs import output

VERSIONS = (7, 8, 9)
"""Major versions whose Lua interface the scripts know; only 7.3 was run."""
PROCESSES = Path("/proc")
"""Where Linux tells about running programs."""
TIMER_BIT, TIMER_BIT_9_8 = 47, 49
"""Number of the signal LuaTimerDS: Ardour 9.8 put two others before it."""


def folders() -> list[Path]:
    """The configuration folders of this user's Ardours, oldest version first."""
    if sys.platform == "darwin":
        base, name = Path.home() / "Library/Preferences", "Ardour"
    elif sys.platform == "win32":
        base, name = Path(os.environ.get("LOCALAPPDATA", Path.home())), "Ardour"
    else:
        base, name = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"), "ardour"
    return [folder for version in VERSIONS if (folder := base / f"{name}{version}").is_dir()]


def timer_bit(folder: Path) -> int:
    """The timer's signal in the Ardour that owns this folder."""
    if not folder.name.endswith("9"):
        return TIMER_BIT
    program = find_program("ardour9") or find_program("ardour")
    if program is None:
        return TIMER_BIT
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
        match = re.search(r"(\d+)\.(\d+)", done.stdout)
        if match and (int(match[1]), int(match[2])) >= (9, 8):
            return TIMER_BIT_9_8
    return TIMER_BIT


def system_scripts(folder: Path) -> Path | None:
    """The scripts that came with the Ardour that owns this folder, where they can be found."""
    version = folder.name[-1]
    roots = [Path("/usr/share"), Path("/usr/local/share")]
    if program := find_program(f"ardour{version}") or find_program("ardour"):
        roots.insert(0, Path(program).resolve().parent.parent / "share")
    places = [root / f"ardour{version}" / "scripts" for root in roots]
    places.append(Path(f"/Applications/Ardour{version}.app/Contents/Resources/scripts"))
    if programs := os.environ.get("PROGRAMFILES"):
        places.append(Path(programs) / f"Ardour{version}" / "share" / "scripts")
    return next((place for place in places if place.is_dir()), None)


def is_running(folder: Path) -> bool:
    """Return whether an Ardour that uses this folder is running; where that cannot be told apart, any Ardour."""
    if sys.platform == "linux":
        return any(_may_use(process, folder) for process in _linux_processes())
    listing = output(["tasklist"] if sys.platform == "win32" else ["ps", "-A", "-o", "comm="])
    return re.search(rb"(?m)(^|[/\\])ardour[^/\\\r\n]*\r?$|^ardour", listing) is not None


def _linux_processes() -> Iterator[Path]:
    """/proc folders of this user's Ardours: ardour-7.3.0~ds0 while it starts, then ArdourGUI; not its Lua shell."""
    for process in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_ours = process.stat().st_uid == os.getuid()
            if is_ours and re.match(r"ArdourGUI|ardour(-\d|\d?$)", (process / "comm").read_text()):
                yield process


def _may_use(process: Path, folder: Path) -> bool:
    try:
        pairs = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return True
    values = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
    config = values.get(b"XDG_CONFIG_HOME") or values.get(b"HOME", b"") + b"/.config"
    return not values or Path(os.fsdecode(config)).resolve() == folder.resolve().parent
