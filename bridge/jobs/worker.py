"""The worker process.

Owns the models and runs one job at a time, so that what crashes is never the daemon.

The daemon writes lines to its standard input, ``run ID`` and ``cancel ID``; it answers with JSON lines:
``{"id", "stage", "fraction", "notes", "device"}`` while it works, once an item ``"estimate_s"`` and ``"memory_mb"``, at
last ``{"id", "end", "message"}`` where the end is "done", "failed" or "cancelled"; a
failed one has the ``code`` of its cause, too.
When the input ends, the daemon has died, and the worker ends at once: a job never runs twice at a time.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from bridge.app import Application, application
from bridge.errors import DawscribeError, JobCancelled
from bridge.files import FileLock
from bridge.inference.malloc import limit_malloc_arenas
from bridge.inference.speed import Estimate
from bridge.jobs.store import INTERNAL_ERROR, JobStore
from bridge.pipeline.cache import Cache
from bridge.pipeline.pipeline import Pipeline
from bridge.pipeline.results import write_results

REPORT_S = 0.1
"""Seconds between progress lines: a bar that moves ten times a second looks smooth."""
BEAT_S = 1.0
"""Between two signs of life."""
LOCK_S = 30.0
"""Longest wait for the worker of a daemon before; one that was only killed is gone in a moment."""
HELD = (
    "An engine of an earlier daemon hangs and does not end, perhaps on a network drive that is gone; "
    "end that Python process, or restart the computer."
)
MAX_SENTENCE = 4000
"""Characters of a sentence that are handed on: whatever an engine echoes in it, a person has to read it."""
log = logging.getLogger("dawscribe.worker")


class Worker:
    """Runs jobs in this process.

    Args:
        home: dawscribe's home.
        answers: where the JSON lines go.
    """

    def __init__(self, home: Path, answers: TextIO) -> None:
        self._home, self._answers = home, answers
        self._store = JobStore(home)
        self._cache = Cache(home / "cache", limit=0.0)
        self._pipeline: Pipeline | None = None
        """Made with the first job, so that a wrong setting is that job's answer and not the end of the process."""
        self._cancelled: set[str] = set()
        self._told_s = 0.0
        self._telling = threading.Lock()

    def cancel(self, job_id: str) -> None:
        """Make the job stop at its next report."""
        self._cancelled.add(job_id)

    def run(self, job_id: str) -> None:
        """Run one job to its end.

        Never raises for what a job can do wrong.
        """
        end, message, code = "failed", INTERNAL_ERROR, "internal-error"
        try:
            message = self._transcribe(job_id)
            end, code = "done", ""
        except JobCancelled:
            end, message, code = "cancelled", "", ""
        except DawscribeError as e:
            message, code = str(e), e.code
        except MemoryError:
            message = "There was not enough memory for this item; close other programs or take a shorter item."
            code = "out-of-memory"
        except Exception:
            log.exception("job %s", job_id)
        self._tell({"id": job_id, "end": end, "message": message[:MAX_SENTENCE], "code": code})

    def _transcribe(self, job_id: str) -> str:
        folder = self._store.path(job_id)
        self._store.clean(job_id)
        request = self._store.request(job_id)
        app = application(home=self._home)  # the settings may have changed since the last job
        pipeline = self._warm(app)
        so_far = 0
        at: dict[str, Any] = {"id": job_id, "stage": "read", "fraction": 0.0}

        def counted(notes: int) -> None:
            nonlocal so_far
            so_far = notes

        def report(stage: str, fraction: float) -> None:
            if job_id in self._cancelled:
                raise JobCancelled
            at.update(stage=stage, fraction=fraction)
            now = time.monotonic()
            if now - self._told_s >= REPORT_S:
                self._told_s = now
                self._tell({"id": job_id, "stage": stage, "fraction": fraction, "notes": so_far})

        def on_estimate(estimate: Estimate) -> None:
            self._tell({**at, "estimate_s": estimate.seconds, "memory_mb": estimate.memory_mb})

        outcome = pipeline.run(request, folder, report, counted, on_estimate)
        result = write_results(request, outcome, folder, app.settings, app.context).data
        notes = sum(len(p["notes"]) for item in result["items"] for p in item["parts"])
        warnings = [w for item in result["items"] for w in item["warnings"]] + result["warnings"]
        self._tell({"id": job_id, "stage": "score", "fraction": 1.0, "device": outcome.device})
        return " ".join(dict.fromkeys([f"{notes} notes.", *warnings]))

    def _warm(self, app: Application) -> Pipeline:
        """The pipeline with its engines, under the settings of now."""
        self._cache.limit = app.settings.get("cache.limit_gb") * 1e9
        if self._pipeline is None:
            self._pipeline = Pipeline(app.settings, app.context, self._cache)
        self._pipeline.settings = app.settings
        return self._pipeline

    def refuse(self, job_id: str, sentence: str) -> None:
        """End a job that cannot even be begun."""
        self._tell({"id": job_id, "end": "failed", "message": sentence, "code": "engine-held"})

    def beat(self) -> None:
        """Say for ever that the process is alive, from a thread of its own: only one that hangs is silent."""
        while True:
            self._tell({})
            time.sleep(BEAT_S)

    def _tell(self, answer: dict[str, Any]) -> None:
        with self._telling:
            self._answers.write(json.dumps(answer) + "\n")
            self._answers.flush()


def main(folder: str) -> int:
    """The process: ``python .../bridge/__main__.py worker HOME``."""
    os.umask(0o077)  # sounds and results are the user's own
    # Native libraries may print; our answers keep the real standard output, everybody else gets the log.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if hasattr(os, "nice"):
        # The DAW's audio engine and the daemon's answers come first.
        os.nice(5)
    limit_malloc_arenas()
    home = Path(folder)
    orders: queue.Queue[str] = queue.Queue()
    lock = FileLock(home / "worker.lock")
    worker = Worker(home, answers)
    threading.Thread(target=_listen, args=(orders, worker), daemon=True).start()
    threading.Thread(target=worker.beat, daemon=True).start()
    until_s = time.monotonic() + LOCK_S
    while sentence := _unlocked(lock):
        # The worker of a daemon that was killed needs a moment to notice.
        time.sleep(0.05)
        if time.monotonic() > until_s:
            worker.refuse(orders.get(), sentence)
    while True:
        worker.run(orders.get())


def _unlocked(lock: FileLock) -> str:
    """Take the lock; a sentence where that is not possible."""
    try:
        taken = lock.take()
    except OSError as e:
        return f"{e.filename} cannot be used ({e.strerror}); move it away or check its permissions."
    return "" if taken else HELD


def _listen(orders: queue.Queue[str], worker: Worker) -> None:
    for line in sys.stdin:
        order, _, job_id = line.strip().partition(" ")
        if order == "run":
            orders.put(job_id)
        elif order == "cancel":
            worker.cancel(job_id)
    os._exit(0)
