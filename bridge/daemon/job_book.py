"""The jobs that the daemon knows: their states are saved, and told to who listens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator

from bridge.errors import StoreError
from bridge.jobs.retention import Clock, Limits, Walked, expired_jobs
from bridge.jobs.store import Job, JobStore
from bridge.jobs.worker_process import JobEnd
from bridge.plugins.interfaces import JobReport
from bridge.spool.status import FIRST_REVISION, Status

RETRY_S = 2.0
"""Pause after a full disk before the next try to write."""
log = logging.getLogger("dawscribe.daemon")


class JobBook:
    """All jobs, in the order in which they came.

    Args:
        store: the folders of the jobs.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._jobs: dict[str, Job] = {}
        self._listeners: list[Callable[[JobReport], None]] = []
        self._unsaved: dict[str, Job] = {}
        self._retry_at_s = 0.0
        self._walked: Walked = {}

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def add(self, job: Job) -> bool:
        """Enter a job; False where one of its id is known already."""
        if job.id in self._jobs:
            return False
        self._jobs[job.id] = job
        return True

    def find(self, job_id: str) -> Job | None:
        """Return the job of this id, None where there is none."""
        return self._jobs.get(job_id)

    def watch(self, on_change: Callable[[JobReport], None]) -> Callable[[], None]:
        """Call ``on_change`` with every change from now on, until what is returned is called."""
        self._listeners.append(on_change)
        return lambda: self._listeners.remove(on_change)

    def report(self, job: Job) -> JobReport:
        """Return a job as plugins see it."""
        return JobReport(job.id, job.host, job.name, self._store.path(job.id), job.status)

    def tell(self, job: Job) -> None:
        """Tell a job's state to who listens."""
        report = self.report(job)
        for listener in list(self._listeners):
            try:
                listener(report)
            except Exception:
                log.exception("listener")

    def save(self, job: Job) -> None:
        """Write a job's state; what cannot be written now is written once there is room again."""
        try:
            self._store.save(job)
            self._unsaved.pop(job.id, None)
        except StoreError as e:
            if job.id not in self._unsaved:
                log.warning("%s", e)
            self._unsaved[job.id] = job

    def changed(self, job: Job) -> None:
        """Save a job's state and tell it."""
        self.save(job)
        self.tell(job)

    def save_again(self) -> None:
        """Try again to write what a full disk kept from being written, every :data:`RETRY_S`."""
        if self._unsaved and time.monotonic() > self._retry_at_s:
            self._retry_at_s = time.monotonic() + RETRY_S
            for job in list(self._unsaved.values()):
                self.save(job)

    async def finish(self, job: Job, end: JobEnd) -> None:
        """Give a job its final state."""
        done = end.state == "done"
        if not done:
            await asyncio.to_thread(self._store.clean, job.id)
        job.status = Status(
            end.state,
            "" if done else job.status.stage,
            1.0 if done else job.status.fraction,
            device=job.status.device,
            message=end.message,
            code=end.code,
            revision=FIRST_REVISION if done else 0,
        )
        self.changed(job)

    async def tidy(self, limits: Limits, clock: Clock) -> None:
        """Remove the finished jobs that ``limits`` no longer keep."""
        finished = [j for j in self if j.is_final and j.id not in self._unsaved]
        for job_id in await asyncio.to_thread(expired_jobs, self._store, finished, limits, clock.now(), self._walked):
            log.info("removed job %s: older or larger than [jobs] in the settings keeps", job_id)
            del self._jobs[job_id]
            await asyncio.to_thread(self._store.remove, job_id)
