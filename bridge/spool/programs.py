"""Programs run in the background.

Without a console window on Windows, read as bytes whatever the language.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NO_WINDOW = 0x0800_0000
"""Windows' CREATE_NO_WINDOW. DETACHED_PROCESS would do worse than nothing: the Python of an environment starts a second
one, which then opens a console of its own (CPython issue 85785), and that takes the focus from the DAW."""
OWN_GROUP = 0x0000_0200
"""Windows' CREATE_NEW_PROCESS_GROUP: Ctrl-C of the starting console does not reach it."""
LISTING_S = 20.0
"""Longest wait for a list of processes; a busy Windows needs some seconds."""


def hidden(platform: str = sys.platform, *, own_group: bool = False) -> int:
    """Give the ``creationflags`` of a child that shows no window."""
    if platform != "win32":
        return 0
    return NO_WINDOW | (OWN_GROUP if own_group else 0)


def windowless_python(executable: str = sys.executable, platform: str = sys.platform) -> str:
    """Name the Python that opens no console when something outside a console starts it."""
    return _sibling(executable, "pythonw.exe") if platform == "win32" else executable


def console_python(executable: str = sys.executable, platform: str = sys.platform) -> str:
    """Name the Python that has standard streams, also where this one is the windowless."""
    return _sibling(executable, "python.exe") if platform == "win32" else executable


def _sibling(executable: str, name: str) -> str:
    beside = Path(executable).with_name(name)
    is_python = Path(executable).name.lower() in ("python.exe", "pythonw.exe")
    return str(beside) if is_python and beside.is_file() else executable


def output(words: Sequence[str]) -> bytes:
    r"""Run a system's tool and give what it printed, in lower case; empty where it cannot run.

    Bytes, because tasklist speaks the language and the code page of its Windows: German "ausgef\\x81hrt" is no cp1252.
    """
    try:
        done = subprocess.run(
            list(words),
            capture_output=True,
            check=False,
            timeout=LISTING_S,
            creationflags=hidden(),
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return (done.stdout or b"").lower()
