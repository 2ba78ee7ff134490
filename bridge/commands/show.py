"""``dawscribe show JOB``: one job with its parts and files."""

from __future__ import annotations

import argparse
import json

from bridge.commands.client import client
from bridge.protocol import parse_item_result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("job", metavar="JOB", help="its id, the beginning of it, or 'last'")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the job."""
    daemon = client()
    job = daemon.job(options.job)
    folder = daemon.store.path(job.id)
    result = daemon.store.result(job.id) if job.status.state == "done" else None
    if options.json:
        print(json.dumps({"id": job.id, "folder": str(folder), **job.status.to_json(), "result": result}))
        return 0
    print(f"{job.id}: {job.status.state} {job.status.fraction:.0%} {job.status.stage}".rstrip())
    if job.status.message:
        print(f"  {job.status.message}")
    for item in [parse_item_result(i, folder) for i in result["items"]] if result else ():
        print(f"  {item.name}, {item.score.length_s:.1f} s")
        for part in item.score.parts:
            print(f"    {part.name:10} {len(part.notes):5} notes")
    print(f"  {folder}")
    return 0
