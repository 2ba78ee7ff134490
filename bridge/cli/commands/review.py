"""``dawscribe review [JOB | FILE]``: open the review page of a job, or of a file that is transcribed now."""

from __future__ import annotations

import argparse
import os
import time
import uuid
import webbrowser
from pathlib import Path
from typing import Any

from bridge import __version__
from bridge.cli.client import Client, client
from bridge.cli.commands.daemon import start_in_background
from bridge.errors import InputError
from bridge.files import read_untrusted
from bridge.spool.page_address import PageAddress, find
from bridge.spool.request import PROTOCOL
from bridge.spool.untrusted_json import parse_json

PATIENCE_S = 10.0
"""Longest wait for the daemon to take a file over or to serve its page; it takes a tenth of a second."""
TICK_S = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("what", nargs="?", metavar="JOB|FILE", help="a job's id, 'last', or an audio file (last)")
    parser.add_argument("--home", type=Path, metavar="DIR", help="of the daemon; else DAWSCRIBE_HOME or ~/.dawscribe")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")


def run(options: argparse.Namespace) -> int:
    """Open the page, with the daemon started where it does not run."""
    if options.home:
        os.environ["DAWSCRIBE_HOME"] = str(options.home.absolute())
    file = Path(options.what or "")
    is_file = options.what is not None and file.is_file()
    daemon = client()
    job_id = "" if is_file else daemon.job(options.what or "last").id
    start_in_background(daemon)
    page = _page(daemon)
    if is_file:
        job_id = _submit(daemon, file.absolute())
    address = page.of_job(job_id)
    if options.no_browser or not webbrowser.open(address):
        print(address)
    return 0


def _page(daemon: Client) -> PageAddress:
    """Return the daemon's page; InputError where it serves none, or is of another version."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            page = find(daemon.home)
            break
        except InputError:
            if time.monotonic() > end:
                raise
            time.sleep(TICK_S)
    if page.version != __version__:
        message = f"The daemon that runs is dawscribe {page.version}, this is {__version__}; "
        raise InputError(message + "run 'dawscribe stop', then try again.", code="daemon-other-version")
    return page


def _submit(daemon: Client, file: Path) -> str:
    """Hand a file to the daemon, as a DAW script does; return the job's id."""
    job_id = f"review-{int(time.time())}-{uuid.uuid4().hex[:6]}"
    item: dict[str, Any] = {"name": file.stem, "audio": {"path": str(file)}}
    options = {"keep_stems": True}
    request = {"protocol": PROTOCOL, "id": job_id, "host": "midi_file", "items": [item], "options": options}
    daemon.submit(request)
    end = time.monotonic() + PATIENCE_S
    while not (daemon.store.path(job_id) / "status.json").exists():
        refusal = daemon.home / "refused" / f"{job_id}.json"
        if refusal.exists():
            raise InputError(
                str(parse_json(read_untrusted(refusal, 1 << 16), "refusal").get("message")), code="request-refused"
            )
        if time.monotonic() > end:
            raise InputError(
                "The daemon did not take the file over; 'dawscribe status' says why.", code="request-not-taken"
            )
        time.sleep(TICK_S)
    return job_id
