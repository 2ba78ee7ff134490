"""Decide which finished jobs stay on disk, by their age and by the room that all of them take."""

from __future__ import annotations

import stat
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bridge.errors import DawscribeError
from bridge.jobs.store import DAY_S, Job, JobStore
from bridge.plugins.registry import HOSTS

UNINSERTED_DAYS = 90.0
"""A result that its DAW has not inserted yet is offered when its project opens again, which may take a season."""
GRACE_PERIOD_S = 3600.0
"""A job that ended just now stays whatever the settings say: whoever asked for it has had no time to fetch it."""
MAX_JOBS = 5000
"""Finished jobs that are kept at most, however small: each is looked at when the daemon starts."""
BLOCK_BYTES = 4096
"""Room that the smallest file takes on most disks."""


Files = dict[tuple[int, int], tuple[int, int]]
"""(device, inode) -> (bytes, links) of each file of a job."""
Walked = dict[str, tuple[int, Files]]
"""Job -> when its folder last changed, and what was in it then."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of finished jobs."""

    days: float
    """Age from which on they go."""
    size: float
    """Bytes of all of them; what the cache holds too is counted there."""


@dataclass(frozen=True, slots=True)
class _StoredJob:
    """A finished job on disk."""

    job_id: str
    age_s: float
    must: bool
    """Return whether it stays whatever the settings say."""
    files: Files


class Clock:
    """The time by which jobs age.

    A system's clock that jumps ahead, once or for good, makes no job older. One that did so while no daemon ran looks
    like a daemon that was off for long: the jobs then are a day older, until it starts once more.

    Args:
        served: when a daemon last served this home, Unix time; None where that is not known.
    """

    def __init__(self, served: float | None = None) -> None:
        now = time.time()
        self._started = now if served is None else min(now, served + DAY_S)
        self._counted = time.monotonic()

    def now(self) -> float:
        """Unix time, as it was at the start and has been counted since, where the system's is later."""
        return min(time.time(), self._started + time.monotonic() - self._counted)


def expired_jobs(
    store: JobStore, jobs: Sequence[Job], limits: Limits, now: float | None = None, walked: Walked | None = None
) -> list[str]:
    """The ids of the finished ``jobs`` that must go, oldest first.

    Args:
        store: where they lie.
        jobs: the finished ones.
        limits: what they may take.
        now: the time by which they age.
        walked: what earlier calls found in their folders; folders that have not changed are not walked again.
    """
    now, walked = time.time() if now is None else now, {} if walked is None else walked
    stays = sorted(_stored_jobs(store, jobs, limits, now, walked), key=lambda s: -s.age_s)
    held = Counter(inode for s in stays for inode in s.files)
    # Stems are links: each is counted once, and not here where the cache holds it too.
    sizes = {inode: size for s in stays for inode, (size, links) in s.files.items() if links <= held[inode]}
    total = sum(sizes.values())
    gone: list[str] = []
    for stay in stays:
        many = len(stays) - len(gone) > MAX_JOBS
        if stay.must or (stay.age_s <= limits.days * DAY_S and total <= limits.size and not many):
            continue
        gone.append(stay.job_id)
        for inode in stay.files:
            held[inode] -= 1
            if not held[inode]:
                total -= sizes.get(inode, 0)
    return gone


def _stored_jobs(
    store: JobStore, jobs: Sequence[Job], limits: Limits, now: float, walked: Walked
) -> Iterator[_StoredJob]:
    for job in jobs:
        folder = store.path(job.id)
        with suppress(OSError):
            age_s = now - (folder / "status.json").stat().st_mtime
            awaited = job.status.state == "done" and _inserts(job.host) and not (folder / "inserted").exists()
            must = age_s <= GRACE_PERIOD_S or (awaited and age_s <= max(UNINSERTED_DAYS, limits.days) * DAY_S)
            yield _StoredJob(job.id, age_s, must, _walk(job.id, folder, walked))


def _walk(job_id: str, folder: Path, walked: Walked) -> Files:
    """Return the content of a folder, by an earlier walk where nothing came or went since."""
    changed = folder.stat().st_mtime_ns
    known = walked.get(job_id)
    if known is None or known[0] != changed:
        known = walked[job_id] = changed, dict(_files(folder))
    return known[1]


@cache
def _inserts(host: str) -> bool:
    """Return whether a script in the host marks what it inserts; one that cannot be loaded may."""
    try:
        return bool(getattr(HOSTS.load(host), "inserts", True))
    except DawscribeError:
        return True


def _files(folder: Path) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for path in folder.rglob("*"):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            # A small file takes a block of the disk all the same.
            size = max(status.st_size, min(BLOCK_BYTES, getattr(status, "st_blocks", 0) * 512))
            yield (status.st_dev, status.st_ino), (size, status.st_nlink)
