"""The daemon: owns triggers, queue and status; one event loop, no model, quick under load."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bridge import __version__, plugins
from bridge.app import Application
from bridge.errors import DawscribeError, HostError, InputError, StoreError
from bridge.files import FileLock, write_json
from bridge.interfaces import Host, JobReport, Trigger
from bridge.jobs import MOST_ATTEMPTS, Job, JobStore, Queue
from bridge.protocol import PROTOCOL, Status
from bridge.spool_home import launch_command, write_launcher
from bridge.worker_process import WorkerProcess

HEARTBEAT_S = 2.0
"""How often daemon.json is renewed; DAW scripts call it dead after three."""
CONTROL_S = 0.1
"""How often cancel files and the stop file are looked for: a cancel has a second in all."""
RETRY_S = 2.0
"""Pause after a full disk before the next try to write."""
log = logging.getLogger("dawscribe.daemon")


class Daemon:
    """The desk that triggers talk to, and the line of jobs behind it.

    Args:
        app: the application.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._store = JobStore(app.home)
        self._jobs: dict[str, Job] = {}
        self._queue = Queue()
        self._arrived = asyncio.Event()
        self._running: Job | None = None
        self._listeners: list[Callable[[JobReport], None]] = []
        self._accepting = asyncio.Lock()
        self._unsaved: dict[str, Job] = {}
        self.trigger_states: dict[str, str] = {}
        """Trigger -> "listening", or the sentence why it does not."""
        self._worker = WorkerProcess(app.home, app.home / "logs" / "worker.log")

    # --- the desk -----------------------------------------------------------------------------------------

    async def submit(self, data: Mapping[str, Any]) -> str:
        """See :class:`bridge.interfaces.Desk`."""
        async with self._accepting:
            job = await asyncio.to_thread(self._store.accept, data)
        if job.id not in self._jobs:
            self._jobs[job.id] = job
            if not job.is_final:
                self._queue.add(job)
                self._arrived.set()
        self._tell(self._jobs[job.id])
        return job.id

    def cancel(self, job_id: str | None) -> list[str]:
        """See :class:`bridge.interfaces.Desk`."""
        if job_id is None:
            if self._running is None:
                raise InputError("Nothing is being transcribed at the moment.")
            job_id = self._running.id
        job = self._jobs.get(job_id)
        if job is None:
            raise InputError(f"There is no job {job_id[:64]}; 'dawscribe jobs' lists the jobs there are.")
        if job.is_final:
            return []
        self._store.ask_cancel(job_id)
        return [job_id]

    def jobs(self) -> list[JobReport]:
        """See :class:`bridge.interfaces.Desk`."""
        return [self._report(j) for j in self._jobs.values()]

    async def request_selected(self, host: str, options: Mapping[str, Any]) -> None:
        """See :class:`bridge.interfaces.Desk`."""
        if host not in plugins.names("hosts"):
            known = ", ".join(plugins.names("hosts"))
            raise HostError(f'There is no DAW called "{host[:40]}" here; choose one of: {known}.')
        table = self._app.settings.plugin_table("hosts", host)
        plugin: Host = plugins.create("hosts", host, table, self._app.context)
        await asyncio.to_thread(plugin.request_selected, options)

    def watch(self, listener: Callable[[JobReport], None]) -> None:
        """See :class:`bridge.interfaces.Desk`."""
        self._listeners.append(listener)

    # --- life ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until the stop file appears or the task is cancelled.

        Raises:
            StoreError: the home folder cannot be written.
            InputError: another daemon serves this home.
        """
        lock = FileLock(self._app.home / "daemon.lock")
        try:
            taken = lock.take()
        except OSError as e:
            message = f"dawscribe's home {self._app.home} cannot be written; check its permissions."
            raise StoreError(message) from e
        if not taken:
            raise InputError(
                f"A dawscribe daemon is already running for {self._app.home}; "
                "'dawscribe status' shows it, 'dawscribe stop' ends it."
            )
        self._prepare()
        tasks = [asyncio.create_task(self._trigger(n)) for n in plugins.names("triggers") if self._is_on(n)]
        # After the triggers, so that the first heartbeat tells their state.
        tasks += [asyncio.create_task(self._heartbeat()), asyncio.create_task(self._serve())]
        try:
            await self._control()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._worker.stop()
            (self._app.home / "daemon.json").unlink(missing_ok=True)
            lock.free()

    def _prepare(self) -> None:
        """Take up what an earlier daemon left."""
        for name in ("inbox", "jobs", "logs", "commands", "refused"):
            (self._app.home / name).mkdir(parents=True, exist_ok=True)
        (self._app.home / "stop").unlink(missing_ok=True)
        for job in self._store.all():
            self._jobs[job.id] = job
            if job.is_final:
                self._save(job)
            elif job.attempts >= MOST_ATTEMPTS:
                message = f"The daemon stopped {job.attempts} times while this item ran; see 'dawscribe logs'."
                self._finish(job, "failed", message)
            else:
                job.status = Status("queued")
                self._queue.add(job)
                self._save(job)
        self._arrived.set()

    def _is_on(self, trigger: str) -> bool:
        return bool(self._app.settings.table(f"triggers.{trigger}").get("enabled", True))

    async def _trigger(self, name: str) -> None:
        """Run one trigger; a broken one is a status, not a crash."""
        try:
            trigger: Trigger = plugins.create(
                "triggers", name, self._app.settings.table(f"triggers.{name}"), self._app.context
            )
            self.trigger_states[name] = "listening"
            await trigger.run(self)
        except DawscribeError as e:
            self.trigger_states[name] = str(e)
            log.warning("trigger %s: %s", name, e)
        except Exception:
            self.trigger_states[name] = "failed; 'dawscribe logs' has the details"
            log.exception("trigger %s", name)

    async def _heartbeat(self) -> None:
        with contextlib.suppress(OSError):
            write_launcher(self._app.home)
        while True:
            beat = {
                "pid": os.getpid(),
                "version": __version__,
                "protocol": PROTOCOL,
                "heartbeat": time.time(),
                "command": launch_command(),
                "worker": self._worker.pid,
                "waiting": len(self._queue),
                "triggers": self.trigger_states,
            }
            with contextlib.suppress(OSError):  # a full disk must not end the daemon
                write_json(self._app.home / "daemon.json", beat, durable=False)
            await asyncio.sleep(HEARTBEAT_S)

    async def _control(self) -> None:
        """Watch for the stop file and for cancel files; write what a full disk kept us from writing."""
        stop = self._app.home / "stop"
        retry_at = 0.0
        while not stop.exists():
            running = self._running
            for job in [j for j in self._jobs.values() if not j.is_final]:
                if self._store.cancel_asked(job.id) and job is not running and self._queue.drop(job.id):
                    self._finish(job, "cancelled", "")
            if self._unsaved and time.monotonic() > retry_at:
                retry_at = time.monotonic() + RETRY_S
                for job in list(self._unsaved.values()):
                    self._save(job)
            await asyncio.sleep(CONTROL_S)
        stop.unlink(missing_ok=True)

    # --- work ---------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        """Run the jobs in line; let the worker go when nothing came for a while."""
        idle_s = float(self._app.settings.get("daemon.idle_s"))
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
                await self._run(job)
            finally:
                self._running = None

    async def _run(self, job: Job) -> None:
        if self._store.cancel_asked(job.id):
            self._finish(job, "cancelled", "")
            return
        try:
            self._store.begin(job)
        except StoreError as e:
            self._finish(job, "failed", str(e))
            return
        started = time.monotonic()

        def told(answer: dict[str, Any]) -> None:
            fraction = min(1.0, max(0.0, float(answer.get("fraction", 0.0))))
            spent_s = time.monotonic() - started
            eta_s = spent_s * (1 - fraction) / fraction if fraction > 0.02 else None
            device = str(answer.get("device", job.status.device))
            notes = int(answer.get("notes", 0))
            job.status = Status("running", str(answer.get("stage", "")), fraction, eta_s, device, notes=notes)
            self._save(job)
            self._tell(job)

        job.status = Status("running", "start")
        self._save(job)
        self._tell(job)
        work = asyncio.create_task(self._worker.run(job.id, told))
        try:
            while not work.done():
                await asyncio.wait([work], timeout=CONTROL_S)
                if not work.done() and self._store.cancel_asked(job.id):
                    await self._worker.cancel(job.id)
                    if not work.done():
                        self._worker.kill()
                    await asyncio.wait([work])
            end, message = work.result()
        except OSError as e:
            end, message = "failed", f"The engine could not be started ({e.strerror}); see 'dawscribe logs'."
        finally:
            work.cancel()
        self._finish(job, end, message)

    def _finish(self, job: Job, state: str, message: str) -> None:
        fraction = 1.0 if state == "done" else job.status.fraction
        stage = "" if state == "done" else job.status.stage
        job.status = Status(state, stage, fraction, None, job.status.device, message)
        self._save(job)
        self._tell(job)

    def _save(self, job: Job) -> None:
        """Write the status; what cannot be written now is written once there is room again."""
        try:
            self._store.save(job)
            self._unsaved.pop(job.id, None)
        except StoreError as e:
            if job.id not in self._unsaved:
                log.warning("%s", e)
            self._unsaved[job.id] = job

    def _tell(self, job: Job) -> None:
        report = self._report(job)
        for listener in self._listeners:
            try:
                listener(report)
            except Exception:
                log.exception("listener")

    def _report(self, job: Job) -> JobReport:
        return JobReport(job.id, job.host, job.name, self._store.path(job.id), replace(job.status))
