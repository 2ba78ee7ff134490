"""Correct a finished result.

The next revision takes the place of the one before, all of it or nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.config import Settings
from bridge.errors import writing
from bridge.files import write_json
from bridge.jobs import versions
from bridge.jobs.replacement import commit
from bridge.jobs.store import DRAFT, JobStore
from bridge.pipeline.results import RESULT, deliver, moved, result_item
from bridge.plugins.interfaces import Context
from bridge.score.edits import apply, item_of, parse_edit, sheet_of
from bridge.spool.result import item_from_json
from bridge.spool.status import FIRST_REVISION


def revise(
    store: JobStore, job_id: str, edits: Sequence[Mapping[str, Any]], settings: Settings, context: Context
) -> int:
    """Write the next revision of a result and return its number.

    The files are made in a draft and then put in place by one rename, result.json last: a script that reads the new
    revision finds all of it, and a kill leaves the old one whole or lets the next start complete the new one.

    Args:
        store: where the job lies.
        job_id: a job that is done.
        edits: all that lead from what was heard to the new revision; see :mod:`bridge.score.edits`.
        settings: settings in force.
        context: what plugins are lent.

    Raises:
        InputError: there is no result, or the edits do not fit it.
        StoreError: the folder cannot be written; the result is as it was.
    """
    folder = store.path(job_id)
    with writing(folder, "result-unwritable", "free some disk space and send it again"):
        store.complete_revision(folder)
        return _next(store, job_id, edits, settings, context)


def _next(
    store: JobStore, job_id: str, edits: Sequence[Mapping[str, Any]], settings: Settings, context: Context
) -> int:
    folder, request, data = store.path(job_id), store.request(job_id), store.result(job_id)
    parsed = [parse_edit(edit) for edit in edits]
    # Of what was heard, not of the newest revision: ids of notes are counted there, and undoing reaches back so far.
    heard = versions.heard(folder)["items"]
    corrected = [item_of(apply(parsed, sheet_of(item), number), item) for number, item in enumerate(heard)]
    items = [item_from_json(item, folder) for item in corrected]
    revision = int(data.get("revision", FIRST_REVISION)) + 1
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder))
    try:
        delivered = deliver(items, request, draft, settings, context)
        rows = [result_item(moved(item, draft, folder), folder, request.host, settings) for item in delivered]
        write_json(draft / RESULT, {**data, "revision": revision, "items": rows})
        versions.begin(folder)
        versions.keep(draft, revision, edits)
        commit(draft, folder, RESULT)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return revision
