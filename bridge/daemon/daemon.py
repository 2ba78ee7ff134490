"""The daemon: owns triggers, queue and status; one event loop, no model, quick under load."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from bridge import __version__
from bridge.app import Application
from bridge.daemon.cancelling import cancel_all
from bridge.daemon.job_book import JobBook
from bridge.daemon.trigger_supervisor import TriggerSupervisor
from bridge.daemon.watchdog import Watchdog
from bridge.errors import HostError, InputError, StoreError, writing
from bridge.files import FileLock, write_beat
from bridge.jobs.queue import Queue
from bridge.jobs.retention import Clock, Limits
from bridge.jobs.revisions import revise
from bridge.jobs.runner import execute_job
from bridge.jobs.store import MAX_ATTEMPTS, Job, JobStore
from bridge.jobs.worker_process import JobEnd, WorkerProcess
from bridge.pipeline.cache import remove_drafts
from bridge.plugins.interfaces import JobReport, RemoteHost
from bridge.plugins.registry import HOSTS
from bridge.spool.launcher import launch_command, write_launcher
from bridge.spool.request import PROTOCOL
from bridge.spool.status import Status

HEARTBEAT_S = 2.0
"""Time between two renewals of daemon.json; DAW scripts call it dead after three."""
CONTROL_S = 0.1
"""Time between two looks for cancel files and the stop file: a cancel has a second in all."""
OPENING_S = 0.1
"""Time for the triggers to open their ports before the daemon is said to run."""
LOCK_S = 1.0
"""A lock that is held for so long is another daemon's; a command that only looks holds it for a moment."""


class Daemon:
    """The service that triggers talk to, and the line of jobs behind it.

    Args:
        app: the application.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._store = JobStore(app.home)
        self._book = JobBook(self._store)
        self._queue = Queue()
        self._arrived = asyncio.Event()
        self._revising = asyncio.Lock()
        """One correction at a time: each builds on the one before."""
        self._running: Job | None = None
        self._accepts = ThreadPoolExecutor(1, "accept")
        """A thread of its own, so that no DAW that does not answer keeps a request from being taken over."""
        self._asked_hosts: set[str] = set()
        self._clock = Clock()
        self._problem = ""
        """Reason why requests cannot be taken over at the moment."""
        self._triggers = TriggerSupervisor(app.settings, app.context)
        self._worker = WorkerProcess(app.home, app.home / "logs" / "worker.log")

    # --- the service -----------------------------------------------------------------------------------------

    async def submit(self, data: Mapping[str, Any]) -> str:
        """See :class:`bridge.plugins.interfaces.JobService`."""
        try:
            job = await asyncio.get_running_loop().run_in_executor(self._accepts, self._store.accept, data)
        except StoreError as e:
            self._problem = str(e)
            raise
        self._problem = ""
        if self._book.add(job) and not job.is_final:
            self._queue.add(job)
            self._arrived.set()
        self._book.tell(self._book.find(job.id) or job)
        return job.id

    def cancel(self, job_id: str | None) -> list[str]:
        """See :class:`bridge.plugins.interfaces.JobService`."""
        if job_id is None:
            if self._running is None:
                raise InputError("Nothing is being transcribed at the moment.", code="no-job-running")
            job_id = self._running.id
        job = self._book.find(job_id)
        if job is None:
            raise InputError(
                f"There is no job {job_id[:64]}; 'dawscribe jobs' lists the jobs there are.", code="job-not-found"
            )
        if job.is_final:
            return []
        self._store.request_cancel(job_id)
        return [job_id]

    def jobs(self) -> list[JobReport]:
        """See :class:`bridge.plugins.interfaces.JobService`."""
        return [self._book.report(j) for j in self._book]

    async def request_selected(self, host: str, options: Mapping[str, Any]) -> None:
        """See :class:`bridge.plugins.interfaces.JobService`."""
        if host not in HOSTS:
            known = ", ".join(n for n in HOSTS.names() if hasattr(HOSTS.load(n), "request_selected"))
            raise HostError(f'There is no DAW called "{host[:40]}" here; choose one of: {known}.', code="host-unknown")
        if host in self._asked_hosts:
            raise HostError(
                f"{host} was asked for its selection and has not answered yet; wait a moment.", code="host-busy"
            )
        self._asked_hosts.add(host)
        try:
            table = self._app.settings.plugin_table("hosts", host)
            plugin = HOSTS.create(host, table, self._app.context)
            if not isinstance(plugin, RemoteHost):
                raise HostError(
                    f"{host} is no DAW that runs, so it has no selection; name an audio file instead.",
                    code="host-not-remote",
                )
            await asyncio.to_thread(plugin.request_selected, options)
        finally:
            self._asked_hosts.discard(host)

    def result(self, job_id: str) -> dict[str, Any]:
        """See :class:`bridge.plugins.interfaces.JobService`."""
        return self._store.result(job_id)

    async def revise(self, job_id: str, edits: Sequence[Mapping[str, Any]]) -> int:
        """See :class:`bridge.plugins.interfaces.JobService`."""
        job = self._book.find(job_id)
        if job is None or job.status.state != "done":
            raise InputError(
                f"Job {job_id[:64]} has no result to correct; 'dawscribe jobs' lists the jobs there are.",
                code="result-missing",
            )
        async with self._revising:
            revision = await asyncio.to_thread(
                revise, self._store, job_id, edits, self._app.settings, self._app.context
            )
            job.status = replace(job.status, revision=revision)
            self._book.changed(job)
        return revision

    def watch(self, on_change: Callable[[JobReport], None]) -> Callable[[], None]:
        """See :class:`bridge.plugins.interfaces.JobService`."""
        return self._book.watch(on_change)

    # --- life ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until the stop file appears or the task is cancelled.

        Raises:
            StoreError: the home folder cannot be written.
            InputError: another daemon serves this home.
        """
        lock = await self._locked()
        tasks: list[asyncio.Task[None]] = []
        try:
            self._clock = Clock(lock.marked_at())
            await self._prepare()
            tasks = self._triggers.start(self)
            # Then the first heartbeat tells what could not be opened, and what could be is open.
            await asyncio.sleep(OPENING_S)
            watched = (self._control(), self._heartbeat(lock), self._serve(), Watchdog().run())
            vital = [asyncio.create_task(c) for c in watched]
            tasks += vital
            ended, _ = await asyncio.wait(vital, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()  # without one of them the daemon is a shell: it ends, and a service starts it anew
        finally:
            await cancel_all(tasks)
            await self._worker.stop()
            self._accepts.shutdown(wait=False)
            with contextlib.suppress(OSError):
                if lock.is_held():  # in a home that was made anew it is another daemon's
                    (self._app.home / "daemon.json").unlink(missing_ok=True)
            lock.free()

    async def _locked(self) -> FileLock:
        """The lock of this home; errors as of :meth:`run`."""
        lock = FileLock(self._app.home / "daemon.lock")
        end = time.monotonic() + LOCK_S
        with writing(self._app.home, "home-unwritable"):
            while not lock.take():
                if time.monotonic() > end:
                    raise InputError(
                        f"A dawscribe daemon is already running for {self._app.home}; "
                        "'dawscribe status' shows it, 'dawscribe stop' ends it.",
                        code="daemon-running",
                    )
                await asyncio.sleep(CONTROL_S)
        return lock

    async def _prepare(self) -> None:
        """Take up what an earlier daemon left."""
        try:
            for name in ("inbox", "jobs", "logs", "commands", "refused"):
                (self._app.home / name).mkdir(parents=True, exist_ok=True)
            (self._app.home / "stop").unlink(missing_ok=True)
        except OSError as e:
            raise StoreError(
                f"{e.filename} cannot be used ({e.strerror}); move it away or check its permissions.",
                code="home-unusable",
            ) from e
        self._store.remove_drafts()
        self._store.complete_revisions()
        remove_drafts(self._app.home / "cache")
        for job in self._store.all():
            self._book.add(job)
            if job.is_final:
                if not job.saved:
                    self._book.save(job)
            elif job.attempts >= MAX_ATTEMPTS:
                message = f"The daemon stopped {job.attempts} times while this item ran; see 'dawscribe logs'."
                await self._book.finish(job, JobEnd("failed", message, "engine-stops-daemon"))
            else:
                if not job.saved or job.status.state != "queued":
                    job.status = Status("queued")
                    self._book.save(job)
                self._queue.add(job)
        self._arrived.set()

    async def _heartbeat(self, lock: FileLock) -> None:
        with contextlib.suppress(OSError):
            write_launcher(self._app.home)
        while True:
            if not lock.is_held():
                raise StoreError(
                    f"dawscribe's home {self._app.home} was removed or replaced; the daemon ends.", code="home-replaced"
                )
            beat = {
                "pid": os.getpid(),
                "version": __version__,
                "protocol": PROTOCOL,
                "heartbeat": time.time(),
                "command": launch_command(self._app.home),
                "worker": self._worker.pid,
                "waiting": len(self._queue),
                "triggers": self._triggers.states,
                "problem": self._problem,
            }
            write_beat(self._app.home / "daemon.json", beat)
            lock.mark()
            await asyncio.sleep(HEARTBEAT_S)

    async def _control(self) -> None:
        """Watch for the stop file and for cancel files; write what a full disk kept us from writing."""
        stop = self._app.home / "stop"
        # Not Path.exists, which raises where the home cannot be looked at for a moment.
        while not os.path.exists(stop):
            running = self._running
            for job in [j for j in self._book if not j.is_final]:
                if self._store.is_cancel_requested(job.id) and job is not running and self._queue.drop(job.id):
                    await self._book.finish(job, JobEnd("cancelled"))
            self._book.save_again()
            await asyncio.sleep(CONTROL_S)
        with contextlib.suppress(OSError):
            stop.unlink(missing_ok=True)

    # --- work ---------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        """Run the jobs in line; let the worker go when nothing came for a while."""
        idle_s = self._app.settings.get("daemon.idle_s")
        await self._tidy()
        while True:
            job = self._queue.take()
            if job is None:
                self._arrived.clear()
                try:
                    await asyncio.wait_for(self._arrived.wait(), idle_s)
                except asyncio.TimeoutError:
                    await self._worker.stop()
                    await self._arrived.wait()
                continue
            self._running = job
            try:
                end = await execute_job(job, self._store, self._worker, self._book.changed)
                if self._worker.pid is None:
                    # It was killed or crashed, and left in the cache what it was writing.
                    await asyncio.to_thread(remove_drafts, self._app.home / "cache")
                await self._book.finish(job, end)
            finally:
                self._running = None
            await self._tidy()

    async def _tidy(self) -> None:
        settings = self._app.settings
        limits = Limits(settings.get("jobs.keep_days"), settings.get("jobs.limit_gb") * 1e9)
        await self._book.tidy(limits, self._clock)
