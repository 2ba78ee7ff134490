"""The worker process: owns the models and runs one job at a time, so that what crashes is never the daemon.

The daemon writes lines to its standard input, ``run ID`` and ``cancel ID``; it answers with JSON lines:
``{"id", "stage", "fraction", "notes", "device"}`` while it works, at last ``{"id", "end", "message"}`` where the end is
"done", "failed" or "cancelled".
When the input ends, the daemon has died, and the worker ends at once: a job never runs twice at a time.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from bridge.app import Application, application
from bridge.cache import Cache
from bridge.config import load
from bridge.errors import DawscribeError, JobCancelled
from bridge.files import FileLock, read_hostile
from bridge.pipeline import Pipeline
from bridge.protocol import LARGEST_FILE, parse_json, parse_request
from bridge.results import write_results

JOURNAL = ("request.json", "status.json", "attempts.json", "cancel")
"""What the daemon and the DAW's script keep in a job folder; everything else is ours to make and to remove."""
REPORT_S = 0.1
"""Seconds between progress lines: a bar that moves ten times a second looks smooth."""
INTERNAL = "Something inside dawscribe went wrong; 'dawscribe logs' has the details to report."
log = logging.getLogger("dawscribe.worker")


class Worker:
    """Runs jobs in this process.

    Args:
        app: the application.
        answers: where the JSON lines go.
    """

    def __init__(self, app: Application, answers: TextIO) -> None:
        self._app, self._answers = app, answers
        limit = round(float(app.settings.get("cache.limit_gb")) * 1e9)
        self._pipeline = Pipeline(app.settings, app.context, Cache(app.home / "cache", limit))
        self._cancelled: set[str] = set()
        self._told_s = 0.0

    def cancel(self, job_id: str) -> None:
        """Make the job stop at its next report."""
        self._cancelled.add(job_id)

    def run(self, job_id: str) -> None:
        """Run one job to its end; never raises for what a job can do wrong."""
        folder = self._app.home / "jobs" / job_id
        end, message = "failed", INTERNAL
        try:
            message = self._transcribe(job_id, folder)
            end = "done"
        except JobCancelled:
            end, message = "cancelled", ""
        except DawscribeError as e:
            message = str(e)
        except MemoryError:
            message = "There was not enough memory for this item; close other programs or take a shorter item."
        except Exception:
            log.exception("job %s", job_id)
        if end != "done":
            clean(folder)
        self._tell({"id": job_id, "end": end, "message": message})

    def _transcribe(self, job_id: str, folder: Path) -> str:
        clean(folder)
        request = parse_request(parse_json(read_hostile(folder / "request.json", LARGEST_FILE), "request"))
        self._pipeline.settings = load(self._app.home)

        so_far = 0

        def counted(notes: int) -> None:
            nonlocal so_far
            so_far = notes

        def report(stage: str, fraction: float) -> None:
            if job_id in self._cancelled:
                raise JobCancelled
            now = time.monotonic()
            if now - self._told_s >= REPORT_S:
                self._told_s = now
                self._tell({"id": job_id, "stage": stage, "fraction": fraction, "notes": so_far})

        outcome = self._pipeline.run(request, folder, report, counted)
        result = write_results(request, outcome, folder, self._pipeline.settings, self._app.context)
        notes = sum(len(p["notes"]) for item in result["items"] for p in item["parts"])
        warnings = [w for item in result["items"] for w in item["warnings"]] + result["warnings"]
        self._tell({"id": job_id, "stage": "score", "fraction": 1.0, "device": outcome.device})
        return " ".join(dict.fromkeys([f"{notes} notes.", *warnings]))

    def _tell(self, answer: dict[str, Any]) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()


def clean(folder: Path) -> None:
    """Remove what a job made, or what is left of an attempt that was killed."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name in JOURNAL:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def main() -> int:
    """The process: ``python -m bridge.worker HOME``."""
    # Native libraries may print; our answers keep the real standard output, everybody else gets the log.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if hasattr(os, "nice"):
        # The DAW's audio engine and the daemon's answers come first.
        os.nice(5)
    app = application(home=Path(sys.argv[1]))
    orders: queue.Queue[str] = queue.Queue()
    lock = FileLock(app.home / "worker.lock")
    worker = Worker(app, answers)
    threading.Thread(target=_listen, args=(orders, worker), daemon=True).start()
    while not lock.take():
        # The worker of a daemon that was killed needs a moment to notice.
        time.sleep(0.05)
    while True:
        worker.run(orders.get())


def _listen(orders: queue.Queue[str], worker: Worker) -> None:
    for line in sys.stdin:
        order, _, job_id = line.strip().partition(" ")
        if order == "run":
            orders.put(job_id)
        elif order == "cancel":
            worker.cancel(job_id)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
