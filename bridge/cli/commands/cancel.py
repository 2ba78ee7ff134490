"""``dawscribe cancel JOB``."""

from __future__ import annotations

import argparse

from bridge.cli.client import client


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("job", metavar="JOB", help="its id, the beginning of it, or 'last'")


def run(options: argparse.Namespace) -> int:
    """Ask the daemon to end the job, which it does within a second."""
    daemon = client()
    job = daemon.job(options.job)
    if job.is_final:
        print(f"{job.id} has already ended ({job.status.state}).")
    else:
        daemon.store.request_cancel(job.id)
        print(f"{job.id} is being cancelled.")
    return 0
