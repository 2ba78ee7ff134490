"""Starts the daemon where it does not run, without waiting for it."""

from __future__ import annotations

import os

from . import words
from .spool import PROTOCOL

PATIENCE_S = 60.0
"""Python needs 1 to 3 s, and ten times that on a busy machine; after this the launch has failed."""


def launch(command):
    """Run ``command`` and let it be; whether it could be started. Live's Python may lack subprocess."""
    try:
        import subprocess

        quiet = subprocess.DEVNULL
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        # Live's own variables for its Python would mislead another one.
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=clean, creationflags=flags, close_fds=True
        )
    except (ImportError, OSError, ValueError):
        return False
    return True


class Starter:
    """Brings the daemon up; call it again and again."""

    def __init__(self, spool, start=launch):
        self._spool = spool
        self._start = start
        self._since = None

    def __call__(self):
        """("running" or "waiting", None), or (None, sentence)."""
        beat = self._spool.daemon()
        if beat is not None:
            if beat.get("protocol") != PROTOCOL:
                theirs = words.one_line(beat.get("protocol"))
                return None, words.MISMATCH.format(theirs=theirs, ours=PROTOCOL)
            self._since = None
            return "running", None
        now = self._spool.clock()
        if self._since is None:
            command = self._spool.launcher()
            if command is None:
                return None, words.NOT_SET_UP
            if not self._start(command):
                return None, words.NOT_STARTED
            self._since = now
        return ("waiting", None) if now - self._since <= PATIENCE_S else (None, words.NO_ANSWER)
