"""Name the command that installs packages beside dawscribe, for sentences that say what is missing."""

from __future__ import annotations

import shlex
import subprocess
import sys


def pip_install(package: str) -> str:
    """The command line that installs ``package`` where this program finds it; "pip" alone may be another Python's."""
    command = [sys.executable, "-m", "pip", "install", package]
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)
