"""Ask after a running daemon.

All that commands need is in the home folder.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.config import home_folder
from bridge.errors import DawscribeError, InputError, writing
from bridge.files import FileLock, read_untrusted, write_json
from bridge.jobs.store import Job, JobStore
from bridge.spool.launcher import launch_command
from bridge.spool.request import check_id
from bridge.spool.untrusted_json import MAX_FILE_BYTES, parse_json

START_S = 30.0
"""Longest wait for a daemon to come up."""
AHEAD_S = 1.0
"""A clock that is being set right may step back by so much."""
STALE_S = 6.0
"""A heartbeat older than three beats: the daemon hangs."""


@dataclass(frozen=True, slots=True)
class Client:
    """The home folder, seen from outside the daemon."""

    home: Path
    store: JobStore

    @property
    def running(self) -> bool:
        """Return whether a daemon holds this home."""
        lock = FileLock(self.home / "daemon.lock")
        if not self.home.is_dir() or not lock.take():
            return self.home.is_dir()
        lock.free()
        return False

    def beat(self) -> dict[str, Any]:
        """daemon.json, empty where there is none that can be used."""
        try:
            found = parse_json(read_untrusted(self.home / "daemon.json", 1 << 20), "daemon.json")
        except (OSError, DawscribeError):
            return {}
        usable = isinstance(found.get("heartbeat"), (int, float)) and isinstance(found.get("triggers"), dict)
        return found if usable else {}

    def wait(self, running: bool, timeout_s: float, failed: Callable[[], bool] = lambda: False) -> bool:
        """Wait until a daemon runs, or none does, or ``failed`` says that it will not; whether it came to that.

        A daemon that was killed leaves its last heartbeat behind: one counts that came since the call.
        """
        end, since = time.monotonic() + timeout_s, time.time()
        # One that lies ahead was left behind when the clock was set back.
        while self.running != running or (
            running and not since <= self.beat().get("heartbeat", 0.0) <= time.time() + 1
        ):
            if failed() or time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def start(self) -> None:
        """Start the daemon in the background where none runs.

        Raises:
            InputError: it does not come up; with the sentence that says why.
        """
        if self.running:
            return
        quiet = subprocess.DEVNULL
        done = subprocess.run(
            launch_command(self.home), stdin=quiet, stdout=quiet, stderr=subprocess.PIPE, text=True, check=False
        )
        if not self.wait(True, START_S, failed=lambda: done.returncode != 0):
            said = done.stderr.strip().removeprefix("dawscribe: ")
            raise InputError(
                said or "dawscribe could not be started; run 'dawscribe daemon' to see why.", code="daemon-not-started"
            )

    def submit(self, request: Mapping[str, Any]) -> str:
        """Put a request into the inbox, as a DAW's script does; its id.

        Raises:
            InputError: it has no id that a job can have.
            StoreError: the inbox cannot be written.
        """
        job = check_id(request.get("id"))
        inbox = self.home / "inbox"
        with writing(inbox, "inbox-unwritable"):
            inbox.mkdir(parents=True, exist_ok=True)
            write_json(inbox / f"{job}.json", request)
        return job

    def progress(self, job: str) -> dict[str, Any] | None:
        """The status of a job as it lies in the spool; None where there is none yet.

        Raises:
            InputError: the id is none, or the file is damaged.
        """
        refused = _read(self.home / "refused" / f"{check_id(job)}.json")
        if refused is not None:
            return {"state": "failed", **{key: str(refused.get(key, "")) for key in ("message", "code")}}
        return _read(self.store.path(job) / "status.json")

    def _beats(self, since: float) -> bool:
        """Return whether a heartbeat came since; one that lies ahead was left behind when the clock was set back."""
        return since <= float(self.beat().get("heartbeat", 0.0)) <= time.time() + AHEAD_S

    def job(self, name: str) -> Job:
        """The one job whose id begins with ``name``.

        "last" is the one asked last.

        Raises:
            InputError: there is none, or more than one.
        """
        jobs = self.store.all()
        if not jobs:
            raise InputError(f"There are no jobs yet in {self.home}.", code="jobs-none")
        found = jobs[-1:] if name == "last" else [j for j in jobs if j.id == name]
        # The beginning of all of them is none: a script's variable that is empty must not cancel anything.
        found = found or [j for j in jobs if name and j.id.startswith(name)]
        if len(found) != 1:
            kind = "no job" if not found else "more than one job"
            raise InputError(
                f"There is {kind} {name[:64]}; 'dawscribe jobs' lists the jobs there are.", code="job-not-found"
            )
        return found[0]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return parse_json(read_untrusted(path, MAX_FILE_BYTES), path.name)
    except FileNotFoundError:
        return None


def client() -> Client:
    """The client of the user's home."""
    home = home_folder()
    return Client(home, JobStore(home))
