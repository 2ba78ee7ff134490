"""What the commands need to know of a running daemon: all of it is in the home folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.config import home_folder
from bridge.errors import DawscribeError, InputError
from bridge.files import FileLock, read_hostile
from bridge.jobs.store import Job, JobStore
from bridge.spool.untrusted_json import parse_json

STALE_S = 6.0
"""A heartbeat older than three beats: the daemon hangs."""


@dataclass(frozen=True, slots=True)
class Client:
    """The home folder, seen from outside the daemon."""

    home: Path
    store: JobStore

    @property
    def running(self) -> bool:
        """Whether a daemon holds this home."""
        lock = FileLock(self.home / "daemon.lock")
        if not self.home.is_dir() or not lock.take():
            return self.home.is_dir()
        lock.free()
        return False

    def beat(self) -> dict[str, Any]:
        """daemon.json, empty where there is none that can be used."""
        try:
            found = parse_json(read_hostile(self.home / "daemon.json", 1 << 20), "daemon.json")
        except (OSError, DawscribeError):
            return {}
        usable = isinstance(found.get("heartbeat"), (int, float)) and isinstance(found.get("triggers"), dict)
        return found if usable else {}

    def wait(self, running: bool, timeout_s: float, failed: Callable[[], bool] = lambda: False) -> bool:
        """Wait until a daemon runs, or none does, or ``failed`` says that it will not; whether it came to that.

        A daemon that was killed leaves its last heartbeat behind: one counts that came since the call.
        """
        end, since = time.monotonic() + timeout_s, time.time()
        while self.running != running or (running and self.beat().get("heartbeat", 0.0) < since):
            if failed() or time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def job(self, name: str) -> Job:
        """The one job whose id begins with ``name``; "last" is the one asked last.

        Raises:
            InputError: there is none, or more than one.
        """
        jobs = self.store.all()
        found = jobs[-1:] if name == "last" else [j for j in jobs if j.id == name]
        found = found or [j for j in jobs if j.id.startswith(name)]
        if len(found) != 1:
            kind = "no job" if not found else "more than one job"
            raise InputError(f"There is {kind} {name[:64]}; 'dawscribe jobs' lists the jobs there are.")
        return found[0]


def client() -> Client:
    """The client of the user's home."""
    home = home_folder()
    return Client(home, JobStore(home))
