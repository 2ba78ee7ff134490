"""Versions of a result.

A correction makes revision n + 1, and every revision can be gone back to.

``revisions/1.json`` is the result as it was heard, ``revisions/<n>.edits.json`` holds the edits that made revision n of
it, and ``revisions/draft-<time>.edits.json`` edits that were never sent.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import DawscribeError, InputError, writing
from bridge.files import read_untrusted, write_json
from bridge.spool.request import PROTOCOL
from bridge.spool.result import MAX_RESULT_BYTES
from bridge.spool.status import FIRST_REVISION
from bridge.spool.untrusted_json import parse_json

RESULT = "result.json"
REVISIONS = "revisions"
FIRST = f"{FIRST_REVISION}.json"
EDITS_SUFFIX = ".edits.json"
NAME = re.compile(r"[0-9]{1,9}|draft-[0-9]{1,20}")
"""Name of a version: a revision's number, or a draft with the time it was put aside."""
MAX_EDITS_BYTES = 64 << 20
"""Of the edits of one version."""


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a result that can be gone back to."""

    name: str
    revision: int
    """0 for a draft that was never sent."""
    made_at: float
    """Unix time."""
    label: str
    """Its origin, for a list."""


def heard(folder: Path) -> dict[str, Any]:
    """Return the result as it was heard.

    Raises:
        InputError: there is none, or it is damaged.
    """
    first = folder / REVISIONS / FIRST
    return read(first if first.exists() else folder / RESULT, MAX_RESULT_BYTES)


def all_of(folder: Path) -> list[Version]:
    """Return all versions, oldest first.

    Those that cannot be read are left out.
    """
    versions = []
    for path in (folder / REVISIONS).glob(f"*{EDITS_SUFFIX}"):
        name = path.name.removesuffix(EDITS_SUFFIX)
        if not NAME.fullmatch(name):
            continue
        try:
            data = read(path, MAX_EDITS_BYTES)
            revision = int(name) if name.isdigit() else 0
            versions.append(Version(name, revision, float(data["time"]), str(data["label"])))
        except (InputError, KeyError, TypeError, ValueError):
            continue
    return sorted(versions, key=lambda v: v.made_at)


def edits_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return the edits that lead from what was heard to a version.

    Raises:
        InputError: there is no such version.
    """
    if not NAME.fullmatch(name):
        raise InputError("There is no such version; load the page again.", code="version-not-found")
    if name == str(FIRST_REVISION):
        return []
    edits = read(folder / REVISIONS / f"{name}{EDITS_SUFFIX}", MAX_EDITS_BYTES).get("edits")
    if not isinstance(edits, list):
        raise InputError("This version is damaged; choose another.", code="version-damaged")
    return edits


def put_aside(folder: Path, edits: Sequence[Mapping[str, Any]]) -> None:
    """Keep edits that were not sent as a draft; StoreError where that is not possible."""
    with writing(folder, "version-unwritable"):
        _keep(folder, f"draft-{time.time_ns()}", edits, "changes that were not sent")


def begin(folder: Path) -> None:
    """Keep the result as it was heard, before the first revision; StoreError where that is not possible."""
    first = folder / REVISIONS / FIRST
    if first.exists():
        return
    with writing(folder, "version-unwritable"):
        first.parent.mkdir(exist_ok=True)
        _copy(folder / RESULT, first)
        _keep(folder, str(FIRST_REVISION), [], "as it was heard")


def keep(folder: Path, revision: int, edits: Sequence[Mapping[str, Any]]) -> None:
    """Keep the edits that made a revision.

    Raises:
        StoreError: that is not possible.
    """
    with writing(folder, "version-unwritable"):
        _keep(folder, str(revision), edits, _summary(edits))


def _summary(edits: Sequence[Mapping[str, Any]]) -> str:
    """Return what the edits did, in a few words."""
    labels = list(dict.fromkeys(str(e.get("label", "")) for e in reversed(edits)))
    if not labels:
        return "as it was heard"
    count = "1 change" if len(edits) == 1 else f"{len(edits)} changes"
    return f"{count}: {', '.join(labels[:3])}{' ...' if len(labels) > 3 else ''}"


def _keep(folder: Path, name: str, edits: Sequence[Mapping[str, Any]], label: str) -> None:
    (folder / REVISIONS).mkdir(exist_ok=True)
    data = {"protocol": PROTOCOL, "time": time.time(), "label": label, "edits": [dict(e) for e in edits]}
    write_json(folder / REVISIONS / f"{name}{EDITS_SUFFIX}", data)


def _copy(source: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}")
    shutil.copyfile(source, draft)
    draft.replace(target)


def read(path: Path, largest: int) -> dict[str, Any]:
    """Return a JSON file of a job folder.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        return parse_json(read_untrusted(path, largest), path.name)
    except OSError as e:
        raise InputError(
            f"This job has no {path.name}; 'dawscribe jobs' lists the jobs there are.", code="job-file-missing"
        ) from e
    except DawscribeError as e:
        raise InputError(
            f"The {path.name} of this job is damaged; transcribe the item again.", code="job-damaged"
        ) from e
