"""Keep jobs on disk.

The job folders are the journal, the queue is rebuilt from them.

A job is accepted once its folder jobs/<id> is there with request.json and status.json, all of it synced, put in
place by one rename. From then on it ends as done, failed or cancelled, whatever is killed in between.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.errors import DawscribeError, InputError, StoreError, writing
from bridge.files import read_untrusted, sync_folder, write_json
from bridge.jobs.replacement import COMMITTED, complete
from bridge.spool.request import Request, check_id, parse_request
from bridge.spool.result import MAX_RESULT_BYTES
from bridge.spool.status import FIRST_REVISION, TERMINAL_STATES, Status, parse_status
from bridge.spool.untrusted_json import MAX_FILE_BYTES, parse_json

RESULT = "result.json"
DRAFT = ".revision-"
"""Beginning of the folder in which the next revision of a result is made."""
MAX_ATTEMPTS = 10
"""A job that was running when the daemon died is tried again, but not for ever: it may be what fills the memory."""
DAY_S = 86_400.0
JOURNAL = ("request.json", "status.json", "attempts.json", "cancel", "inserted")
"""Files of the daemon and the DAW's script in a job folder; everything else is the worker's, to make and to remove."""
INTERNAL_ERROR = "Something inside dawscribe went wrong; 'dawscribe logs' has the details to report."
"""The sentence for a fault of ours."""


@dataclass(slots=True)
class Job:
    """One job as the daemon knows it."""

    id: str
    host: str
    name: str
    """The first item's name, for lists."""
    requested_at: float
    """Unix time of the request."""
    status: Status
    attempts: int = 0
    saved: bool = False
    """Return whether status.json says what ``status`` says."""

    @property
    def is_final(self) -> bool:
        """Return whether it has ended."""
        return self.status.state in TERMINAL_STATES


class JobStore:
    """The job folders of one home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "jobs"

    def path(self, job_id: str) -> Path:
        """The folder of a job.

        Raises:
            InputError: an id that cannot be one.
        """
        return self.folder / check_id(job_id)

    def accept(self, data: Mapping[str, Any]) -> Job:
        """Check a request and make its folder.

        The job is safe once this returns.

        A second request with the id of an accepted one is that job: nothing runs twice.

        Raises:
            InputError: the request is not usable.
            StoreError: the folder cannot be written; nothing is left of it.
        """
        request = parse_request(data)
        target = self.path(request.id)
        with writing(self.folder, "job-unwritable"):
            known = self.load(request.id) if target.exists() else None
            return known or self._made(request, data, target)

    def _made(self, request: Request, data: Mapping[str, Any], target: Path) -> Job:
        """Make the folder of a job, whole or not at all."""
        draft = self.folder / f".{request.id}.{os.getpid()}"
        job = Job(request.id, request.host, request.items[0].name, time.time(), Status("queued", message=""))
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            write_json(draft / "request.json", {**data, "asked": job.requested_at})
            write_json(draft / "status.json", job.status.to_json())
            sync_folder(draft)
            draft.rename(target)
            sync_folder(self.folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        job.saved = True
        return job

    def request(self, job_id: str) -> Request:
        """The request of an accepted job.

        Raises:
            InputError: it is damaged.
        """
        return parse_request(self.request_data(job_id))

    def request_data(self, job_id: str) -> dict[str, Any]:
        """The request of an accepted job as it came; InputError where there is none."""
        return self._json(job_id, "request.json", MAX_FILE_BYTES)

    def result(self, job_id: str) -> dict[str, Any]:
        """The result of a finished job.

        Raises:
            InputError: there is none or it is damaged.
        """
        data = self._json(job_id, "result.json", MAX_RESULT_BYTES)
        items = data.get("items")
        if not isinstance(items, list) or not items or not all(isinstance(i, Mapping) for i in items):
            raise InputError(
                f"The result of job {job_id} is damaged; transcribe the item again.", code="result-damaged"
            )
        return data

    def _json(self, job_id: str, name: str, largest: int) -> dict[str, Any]:
        try:
            return parse_json(read_untrusted(self.path(job_id) / name, largest), name)
        except InputError as e:
            # Their sentences are for requests; this file was written by the daemon, and no DAW script is at fault.
            raise InputError(
                f"The {name} of job {job_id} is damaged; transcribe the item again.", code="job-damaged"
            ) from e
        except OSError as e:
            raise InputError(
                f"Job {job_id} has no {name}; 'dawscribe jobs' lists the jobs there are.", code="job-not-found"
            ) from e

    def load(self, job_id: str) -> Job | None:
        """A job from its folder, None where the folder holds none; a damaged one is a failed one."""
        folder = self.path(job_id)
        try:
            found = folder.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISDIR(found.st_mode):
            return None
        modified_at = found.st_mtime
        try:
            data = self.request_data(job_id)
            request = parse_request(data)
        except DawscribeError:
            return _damaged(job_id, modified_at)
        if request.id != job_id:
            # Somebody's copy of another job's folder: what it made would say that it is the other's.
            return _damaged(job_id, modified_at)
        job = Job(
            job_id, request.host, request.items[0].name, _request_time(data.get("asked"), modified_at), Status("queued")
        )
        with contextlib.suppress(InputError):  # a power loss may empty the status; the job itself is safe and goes on
            job.status = parse_status(self._json(job_id, "status.json", MAX_FILE_BYTES))
            job.saved = True
        if job.is_final:
            return job
        job.attempts = self._attempts(folder)
        if (folder / "result.json").exists():
            # The result is written last, so the job was done; only the status had no time to say so.
            job.status = replace(job.status, state="done", stage="", fraction=1.0, eta_s=None, revision=FIRST_REVISION)
            job.saved = False
        return job

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        if not self.folder.is_dir():
            return []
        jobs = []
        for entry in os.scandir(self.folder):
            try:
                job = self.load(entry.name)
            except (InputError, OSError):  # not a job's, or removed just now
                continue
            if job is not None:
                jobs.append(job)
        return sorted(jobs, key=lambda j: (j.requested_at, j.id))

    def save(self, job: Job) -> None:
        """Write the job's status, durably where it is final; StoreError where it cannot be written."""
        with writing(self.path(job.id) / "status.json", "status-unwritable", "free some disk space"):
            write_json(self.path(job.id) / "status.json", job.status.to_json(), durable=job.is_final)
        job.saved = True

    def clean(self, job_id: str) -> None:
        """Remove what a job made that did not end well, or what is left of an attempt that was killed."""
        folder = self.path(job_id)
        if folder.is_symlink():
            return
        with contextlib.suppress(OSError):
            for entry in list(folder.iterdir()):
                if entry.name not in JOURNAL:
                    _remove(entry)

    def remove(self, job_id: str) -> None:
        """Remove a job that has ended, all of it or, where the system refuses, nothing."""
        hidden = self.folder / f".{job_id}.gone"
        with contextlib.suppress(OSError):
            self.path(job_id).rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)

    def remove_drafts(self) -> None:
        """Remove what was being written or removed when a daemon was killed."""
        for entry in [*self.folder.glob(".*"), *self.folder.glob(f"*/{DRAFT}*")]:
            _remove(entry)

    def complete_revisions(self) -> None:
        """Complete the revisions that a kill interrupted; one that the disk refuses waits for the next start."""
        for committed in self.folder.glob(f"*/{COMMITTED}"):
            with contextlib.suppress(OSError, DawscribeError):
                self.complete_revision(committed.parent)

    def complete_revision(self, folder: Path) -> None:
        """Complete the revision of one job, and say its number in the status.

        Raises:
            InputError: its files are damaged.
            OSError: the disk refuses.
        """
        if complete(folder, RESULT):
            result = parse_json(read_untrusted(folder / RESULT, MAX_RESULT_BYTES), RESULT)
            status = parse_json(read_untrusted(folder / "status.json", MAX_FILE_BYTES), "status")
            write_json(folder / "status.json", {**status, "revision": result.get("revision", FIRST_REVISION)})

    def begin(self, job: Job) -> None:
        """Count an attempt before it starts, so that a job that kills us is not tried for ever."""
        job.attempts += 1
        try:
            write_json(self.path(job.id) / "attempts.json", {"attempts": job.attempts})
        except OSError as e:
            raise StoreError(f"Job {job.id} could not be started; free some disk space.", code="job-not-started") from e

    def _attempts(self, folder: Path) -> int:
        try:
            value = parse_json(read_untrusted(folder / "attempts.json", 1000), "count")["attempts"]
            return int(value)
        except (OSError, InputError, KeyError, TypeError, ValueError):
            return 0

    def is_cancel_requested(self, job_id: str) -> bool:
        """Return whether somebody asked for an end of the job."""
        return os.path.exists(self.path(job_id) / "cancel")  # False too where the folder can no longer be read

    def request_cancel(self, job_id: str) -> None:
        """Ask for an end of the job.

        Raises:
            InputError: there is no such job.
            StoreError: it cannot be written.
        """
        if not self.path(job_id).is_dir():
            raise InputError(
                f"There is no job {job_id}; 'dawscribe jobs' lists the jobs there are.", code="job-not-found"
            )
        try:
            (self.path(job_id) / "cancel").touch()
        except OSError as e:
            message = f"Job {job_id} cannot be cancelled ({e.strerror}); free some disk space or check its permissions."
            raise StoreError(message, code="job-not-cancelled") from e


def _remove(path: Path) -> None:
    """Remove a file or folder where the system lets us."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _damaged(job_id: str, modified_at: float) -> Job:
    status = Status("failed", message="This job's files are damaged; transcribe the item again.", code="job-damaged")
    return Job(job_id, "unknown", job_id, modified_at, status)


def _request_time(value: object, otherwise: float) -> float:
    """The time of a request as its file has it, where it can be one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= time.time() + DAY_S:
        return otherwise
    return float(value)
