"""One job in the worker.

Progress as it comes, a cancel within a second, and an end whatever goes wrong.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from bridge.errors import StoreError
from bridge.jobs.store import INTERNAL_ERROR, Job, JobStore
from bridge.jobs.worker_process import JobEnd, WorkerProcess
from bridge.spool.status import Status

CONTROL_S = 0.1
"""Time between two looks for the cancel file: a cancel has a second in all."""
MIN_FRACTION = 0.02
"""Below it too little is done to tell how long the rest takes."""
log = logging.getLogger("dawscribe.daemon")


async def execute_job(job: Job, store: JobStore, worker: WorkerProcess, changed: Callable[[Job], None]) -> JobEnd:
    """Run a job and return its end.

    Whatever fails, fails this job alone.

    Args:
        job: the job; its status follows the worker's answers.
        store: where it lies.
        worker: what runs it.
        changed: called whenever the status has changed.
    """
    if store.is_cancel_requested(job.id):
        return JobEnd("cancelled")
    try:
        store.begin(job)
        job.status = Status("running", "start")
        changed(job)
        return await _worked(job, store, worker, changed)
    except StoreError as e:
        return JobEnd("failed", str(e), e.code)
    except OSError as e:
        log.exception("the worker could not be started")
        return JobEnd(
            "failed", f"The engine could not be started ({e.strerror}); see 'dawscribe logs'.", "engine-not-started"
        )
    except Exception:
        log.exception("job %s", job.id)
        # Whatever it was about to say, the next job needs a worker that can be understood.
        await worker.stop()
        return JobEnd("failed", INTERNAL_ERROR, "internal-error")


async def _worked(job: Job, store: JobStore, worker: WorkerProcess, changed: Callable[[Job], None]) -> JobEnd:
    started = time.monotonic()

    def on_progress(answer: dict[str, Any]) -> None:
        job.status = _progress(job.status, answer, time.monotonic() - started)
        changed(job)

    work = asyncio.create_task(worker.run(job.id, on_progress))
    try:
        while not work.done():
            await asyncio.wait([work], timeout=CONTROL_S)
            # Asked again until the work is done: a worker that is only being started hears nothing yet.
            if not work.done() and store.is_cancel_requested(job.id):
                await worker.cancel(job.id)
                if not work.done():
                    worker.kill()
        return work.result()
    finally:
        work.cancel()


def _progress(before: Status, answer: dict[str, Any], spent_s: float) -> Status:
    """The status after a progress answer."""
    fraction = min(1.0, max(0.0, float(answer.get("fraction", 0.0))))
    eta_s = spent_s * (1 - fraction) / fraction if fraction > MIN_FRACTION else None
    device = str(answer.get("device", before.device))
    estimate_s = answer.get("estimate_s", before.estimate_s)
    if eta_s is None and estimate_s is not None:
        eta_s = max(0.0, float(estimate_s) - spent_s)
    return Status(
        "running",
        str(answer.get("stage", "")),
        fraction,
        eta_s,
        device,
        notes=int(answer.get("notes", 0)),
        estimate_s=estimate_s,
        memory_mb=answer.get("memory_mb", before.memory_mb),
    )
