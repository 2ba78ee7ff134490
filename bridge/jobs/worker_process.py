"""The daemon's side of the worker process.

Start it, feed it, notice its death, let it go when idle.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

from bridge.spool.launcher import program
from bridge.spool.programs import hidden

CANCEL_GRACE_S = 0.5
"""A worker that has not stopped by then is in native code and is killed: a cancel takes under a second."""
MAX_ANSWER_BYTES = 4 << 20
"""Bytes of an answer line; a progress line has a hundred, a sentence with many warnings some thousands."""
LOG_BYTES = 1_000_000
"""From this size on the log is put aside before a process starts: native libraries may write much."""
KILLED = -9
SILENT_S = 60.0
"""A worker gives a sign of life each second; one that is silent for so long hangs."""
FIRST_S = 180.0
"""The same until the first one: a cold Python on a slow disk."""
END_S = 5.0
"""For a killed worker to be gone; a process in a call to a dead network drive stays until that answers."""
HANGS = (
    "The engine hangs and was ended; is the audio on a network drive that is gone? "
    "Copy it to this computer and try again."
)
KILLED_SENTENCE = (
    "The engine was ended by the system, most likely for lack of memory; close other programs or take a shorter item."
)
CRASHED = "The engine crashed on this item; try another engine, and see 'dawscribe logs'."
log = logging.getLogger("dawscribe.daemon")


class JobEnd(NamedTuple):
    """The end of a job."""

    state: str
    """One of :data:`bridge.spool.status.TERMINAL_STATES`."""
    message: str = ""
    """The sentence for the user."""
    code: str = ""
    """The short name of the cause, where it failed."""


class WorkerProcess:
    """One worker at a time, started when it is needed.

    Args:
        home: dawscribe's home.
        log_file: where its standard error goes.
    """

    def __init__(self, home: Path, log_file: Path) -> None:
        self._home, self._log_file = home, log_file
        self._process: asyncio.subprocess.Process | None = None
        self._killed_for_cancel = False

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    async def run(self, job_id: str, on_progress: Callable[[dict[str, Any]], None]) -> JobEnd:
        """Run a job and return its end.

        ``on_progress`` gets the progress answers.

        Raises:
            OSError: the process could not be started.
            ValueError: an answer is longer than any can be; the process is of no more use.
        """
        self._killed_for_cancel = False
        process = await self._started()
        if process.stdin is None or process.stdout is None:  # made with pipes
            raise RuntimeError
        with contextlib.suppress(ConnectionError):
            process.stdin.write(f"run {job_id}\n".encode())
            await process.stdin.drain()
        patience_s = FIRST_S
        while True:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), patience_s)
            except asyncio.TimeoutError:
                log.error("the worker was silent for %.0f s while it ran %s", patience_s, job_id)
                await self.stop()
                return JobEnd("failed", HANGS, "engine-hangs")
            if not line:
                break
            patience_s = SILENT_S
            answer = _parsed(line)
            if answer.get("id") != job_id:
                continue
            if "end" in answer:
                return JobEnd(*(str(answer.get(key, "")) for key in ("end", "message", "code")))
            on_progress(answer)
        code = await process.wait()
        self._process = None
        if self._killed_for_cancel:
            return JobEnd("cancelled")
        log.error("the worker ended with %s while it ran %s", code, job_id)
        if code == KILLED:
            return JobEnd("failed", KILLED_SENTENCE, "engine-killed")
        return JobEnd("failed", CRASHED, "engine-crashed")

    async def cancel(self, job_id: str) -> None:
        """Stop the running job within a second, by asking first."""
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return
        with contextlib.suppress(ConnectionError):
            process.stdin.write(f"cancel {job_id}\n".encode())
            await process.stdin.drain()
        await asyncio.sleep(CANCEL_GRACE_S)

    def kill(self) -> None:
        """End a worker that does not stop."""
        if self._process is not None and self._process.returncode is None:
            self._killed_for_cancel = True
            _kill(self._process)
            self._process = None  # at once: the next job must not meet the dying one

    async def stop(self) -> None:
        """Let the process go, and its memory with it."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            _kill(process)
            try:
                await asyncio.wait_for(process.wait(), END_S)
            except asyncio.TimeoutError:
                log.error("the worker %d was killed and is still there; it is left", process.pid)

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            with self._errors() as errors:
                self._process = await asyncio.create_subprocess_exec(
                    *program("worker", str(self._home), with_streams=True), cwd=self._home,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
                    limit=MAX_ANSWER_BYTES, creationflags=hidden(), start_new_session=True,
                )  # fmt: skip
        return self._process

    def _errors(self) -> IO[bytes]:
        """Open the log of its errors; nowhere where the log cannot be written, which is no reason to do no work."""
        try:
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            _put_aside(self._log_file)
            return self._log_file.open("ab")
        except OSError as e:
            log.warning("%s cannot be written: %s", self._log_file, e)
            return open(os.devnull, "ab")


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the worker and what it has started, which would keep its lock and its pipes."""
    # macOS says of a group that is ending that it may not be killed.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _put_aside(log_file: Path) -> None:
    """Rename a long log; only between two processes, since one that runs goes on writing to the renamed file."""
    with contextlib.suppress(OSError):
        if log_file.stat().st_size > LOG_BYTES:
            log_file.replace(log_file.with_name(f"{log_file.name}.1"))


def _parsed(line: bytes) -> dict[str, Any]:
    """An answer, empty where a line is none."""
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
