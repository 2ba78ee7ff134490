"""Prepare every DAW's set-up.

The spool's folders, the command that starts the daemon, the scripts to copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import bridge
from bridge.files import own_home, write_json
from bridge.spool.programs import console_python, windowless_python

START = Path(bridge.__file__).with_name("__main__.py")
"""Script that starts our processes: "-m bridge" would run code of the current folder, which is a DAW's project."""


def program(*words: str, with_streams: bool = False) -> list[str]:
    """Give the command that runs dawscribe with ``words``, wherever it is started.

    Args:
        words: the command and its options.
        with_streams: it talks through standard input and output, which Windows' windowless Python may lack.
    """
    return [console_python() if with_streams else windowless_python(), str(START), *words]


def launch_command(home: Path) -> list[str]:
    """Return the command with which a DAW script starts the daemon, which may not know the moved home."""
    return program("daemon", "--detach", "--home", str(home))


def write_launcher(home: Path) -> None:
    """Tell the DAW scripts how to start the daemon and open a job's page; OSError where the home cannot be written."""
    review = program("review", "--home", str(home))
    write_json(home / "launcher.json", {"command": launch_command(home), "review": review})


def prepare(home: Path, folders: Iterable[str]) -> None:
    """Make the home, the spool's ``folders``, since not every DAW's Lua can, and the launcher; errors as above."""
    own_home(home)
    for name in folders:
        (home / name).mkdir(parents=True, exist_ok=True)
    write_launcher(home)


def scripts_folder() -> Path:
    """The DAW scripts.

    Beside the package in a checkout, inside it once installed.
    """
    package = Path(__file__).parents[1]
    inside = package / "daw_scripts"
    return inside if inside.is_dir() else package.parent / "daw_scripts"
