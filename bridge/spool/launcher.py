"""What every DAW's set-up prepares: the spool's folders, the command that starts the daemon, the scripts to copy."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from bridge.files import write_json


def launch_command(home: Path) -> list[str]:
    """What a DAW script runs to start the daemon; a DAW may not know the variable that moved the home."""
    return [sys.executable, "-m", "bridge", "daemon", "--detach", "--home", str(home)]


def write_launcher(home: Path) -> None:
    """Tell the DAW scripts how to start the daemon; OSError where the home cannot be written."""
    write_json(home / "launcher.json", {"command": launch_command(home)})


def prepare(home: Path, folders: Iterable[str]) -> None:
    """Make the spool's ``folders``, since not every DAW's Lua can, and the launcher; OSError as above."""
    for name in folders:
        (home / name).mkdir(parents=True, exist_ok=True)
    write_launcher(home)


def scripts_folder() -> Path:
    """The DAW scripts: beside the package in a checkout, inside it once installed."""
    package = Path(__file__).parents[1]
    inside = package / "daw_scripts"
    return inside if inside.is_dir() else package.parent / "daw_scripts"
