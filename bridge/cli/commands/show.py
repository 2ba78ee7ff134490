"""``dawscribe show JOB``: one job with its parts and files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bridge.app import application
from bridge.cli.client import client
from bridge.cli.file_manager import reveal
from bridge.cli.project_files import write_project, writers
from bridge.cli.result_folder import MIDI
from bridge.errors import InputError
from bridge.spool.untrusted_json import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("job", metavar="JOB", help="its id, the beginning of it, or 'last'")
    parser.add_argument(
        "--open", action="store_true", help="show its folder in the file manager, to drag song.mid from"
    )
    parser.add_argument(
        "--project", type=Path, metavar="FILE", help="write a project of a DAW: " + ", ".join(writers())
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the job."""
    daemon = client()
    job = daemon.job(options.job)
    folder = daemon.store.path(job.id)
    result = daemon.store.result(job.id) if job.status.state == "done" else None
    if options.project:
        if result is None:
            raise InputError(
                f"Job {job.id} has no result yet; 'dawscribe status' says what runs.", code="job-unfinished"
            )
        asked = daemon.store.request(job.id)
        print(write_project(application(), result, asked, folder, options.project.absolute()))
        return 0
    if options.json:
        print(json.dumps({"id": job.id, "folder": str(folder), **job.status.to_json(), "result": result}))
        return 0
    print(f"{job.id}: {job.status.state} {job.status.fraction:.0%} {job.status.stage}".rstrip())
    if job.status.message:
        print(one_line(f"  {job.status.message}"))
    for line in _parts(job.id, result or {"items": []}):
        print(one_line(line))
    print(f"  {folder}")
    if options.open:
        reveal(folder / MIDI if (folder / MIDI).is_file() else folder)
    return 0


def _parts(job_id: str, result: dict[str, Any]) -> list[str]:
    """A line per item and per part; InputError where the result is not as it was written."""
    lines = []
    try:
        for item in result["items"]:
            lines.append(f"  {item['name']}, {item['length_s']:.1f} s")
            lines += [f"    {p['name']:10} {len(p['notes']):5} notes" for p in item["parts"]]
    except (KeyError, TypeError, ValueError) as e:
        raise InputError(
            f"The result of job {job_id} is damaged; transcribe the item again.", code="result-damaged"
        ) from e
    return lines
