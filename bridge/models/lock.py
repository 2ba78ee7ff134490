"""A lock between processes: a file that the kernel holds for us and frees when we die."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

POLL_S = 0.2
"""Seconds between tries; whoever waits here waits for a download of minutes."""


class FileLock:
    """Held by one process at a time.

    Args:
        path: the lock file; it stays behind, empty.
        waiting: called several times a second while another process holds the lock; may raise to give up.
    """

    def __init__(self, path: Path, waiting: Callable[[], None]) -> None:
        self._path, self._waiting = path, waiting
        self._file: IO[bytes] | None = None

    def __enter__(self) -> FileLock:
        file = self._path.open("ab")
        try:
            while not _try(file):
                self._waiting()
                time.sleep(POLL_S)
        except BaseException:
            file.close()
            raise
        self._file = file
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _try(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
