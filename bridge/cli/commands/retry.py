"""``dawscribe retry JOB``: the same request once more, as a new job, so that nothing is inserted twice."""

from __future__ import annotations

import argparse
import time

from bridge.cli.client import client
from bridge.errors import InputError
from bridge.files import write_json

MAX_BASE = 48
"""Characters kept of the old id: with the time behind it the new one stays within 64."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("job", metavar="JOB", help="its id, the beginning of it, or 'last'")


def run(options: argparse.Namespace) -> int:
    """Put the request into the inbox again, under a new id."""
    daemon = client()
    job = daemon.job(options.job)
    if not job.is_final:
        raise InputError(
            f"Job {job.id} has not ended yet ({job.status.state}); wait for it, or cancel it first.",
            code="job-unfinished",
        )
    request = daemon.store.request_data(job.id)
    base = job.id.split("-again-")[0][:MAX_BASE]
    request["id"] = f"{base}-again-{int(time.time() * 10) % 10**9}"
    inbox = daemon.home / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    write_json(inbox / f"{request['id']}.json", request)
    waits = "" if daemon.running else "; it runs when the daemon does ('dawscribe daemon --detach')"
    print(f"{request['id']} is in line{waits}.")
    return 0
