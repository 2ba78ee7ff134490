"""Announce to Ardour's hook what it did not request itself, and sweep what nobody waits for.

The hook knows the jobs that it sent. A job that ``dawscribe retry`` made of one has an id of its own, so every result
is announced under the session's key as well; a file that only the daemon writes, so that the two never collide.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.files import read_untrusted, write_json
from bridge.spool.request import ID_PATTERN, PROTOCOL, Request
from bridge.spool.status import FIRST_REVISION
from bridge.spool.untrusted_json import MAX_FILE_BYTES, parse_json

KEY = re.compile(r"[0-9a-f]{12}")
"""A session's name in file names, as the scripts make it."""
RENDERED = re.compile(r"(ardour-\d+-\d+)-\d+-\d+\.wav")
"""A file that the scripts rendered for a job: job, item, channel."""
DAY_S = 86_400.0


def announce(home: Path, request: Request) -> None:
    """Tell the session's hook that a result is coming; an OSError where that cannot be written."""
    session = request.extra.get("session")
    key = session.get("key") if isinstance(session, Mapping) else None
    if not isinstance(key, str) or not KEY.fullmatch(key):
        return
    file = home / "hosts" / f"ardour-{key}-results.json"
    file.parent.mkdir(exist_ok=True)
    waiting = [job for job in _announced(file) if job != request.id and _waits(home / "jobs" / job)]
    write_json(file, {"protocol": PROTOCOL, "jobs": [*waiting, request.id]})


def _announced(file: Path) -> list[str]:
    try:
        jobs: Any = parse_json(read_untrusted(file, MAX_FILE_BYTES), "list of results").get("jobs")
    except (OSError, InputError):
        return []
    return [j for j in jobs if isinstance(j, str) and ID_PATTERN.fullmatch(j)] if isinstance(jobs, list) else []


def _waits(folder: Path) -> bool:
    """Return whether the newest revision of a job is not in its session yet."""
    if not folder.is_dir():
        return False
    if not (folder / "inserted").exists():
        return True
    revisions = []
    for name in ("inserted", "status.json"):
        try:
            revision: Any = parse_json(read_untrusted(folder / name, MAX_FILE_BYTES), name).get("revision")
        except (OSError, InputError):
            # An empty mark of an earlier version means the first.
            revision = FIRST_REVISION
        revisions.append(revision if isinstance(revision, int) else FIRST_REVISION)
    return revisions[0] < revisions[1]


def sweep(home: Path) -> None:
    """Remove what was rendered for jobs that are gone: the scripts remove it when they insert or discard a result."""
    for file in (home / "hosts").glob("ardour-*.wav"):
        match = RENDERED.fullmatch(file.name)
        if match is None:
            continue
        alive = (home / "inbox" / f"{match[1]}.json").exists() or any((home / "jobs").glob(f"{match[1]}*"))
        with contextlib.suppress(OSError):
            # Ardour writes the files just before the request.
            if not alive and file.stat().st_mtime < time.time() - DAY_S:
                file.unlink()
