"""``dawscribe jobs``: the jobs, newest last."""

from __future__ import annotations

import argparse
import json
import time

from bridge.cli.client import client
from bridge.cli.numbers import whole
from bridge.spool.untrusted_json import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("-n", "--last", type=whole, default=20, metavar="N", help="only the last N (20)")


def run(options: argparse.Namespace) -> int:
    """Print one line per job."""
    jobs = client().store.all()[-max(1, options.last) :]
    if options.json:
        rows = [
            {"id": j.id, "host": j.host, "name": j.name, "asked": j.requested_at, **j.status.to_json()} for j in jobs
        ]
        print(json.dumps(rows))
        return 0
    for j in jobs:
        asked = time.strftime("%Y-%m-%d %H:%M", time.localtime(j.requested_at))
        state = f"{j.status.state} {j.status.fraction:.0%}" if j.status.state == "running" else j.status.state
        print(one_line(f"{j.id}  {asked}  {state:12} {j.name}  {j.status.message}").rstrip())
    if not jobs:
        print("There are no jobs yet.")
    return 0
