"""Describe a job to the page.

The result as it was heard, the changes, the state, and what can be listened to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from bridge import __version__
from bridge.jobs.versions import Version
from bridge.plugins.interfaces import JobReport
from bridge.review.edit_log import EditLog
from bridge.review.sound import Source
from bridge.score.edits import Sheet, SheetPart, sheet_of
from bridge.score.edits.sheet import note_row
from bridge.spool.status import FIRST_REVISION

SHOWN = ("chords", "sections", "key", "warnings", "beats")
"""Fields of an item that the page shows where a result has them."""


def job_line(report: JobReport) -> dict[str, Any]:
    """Return a job as a line of the list."""
    return {"id": report.id, "host": report.host, "name": report.name, "status": report.status.to_json()}


def document(
    report: JobReport, log: EditLog | None, sources: Iterable[Iterable[Source]], versions: Iterable[Version]
) -> dict[str, Any]:
    """Return the JSON of a job for the page.

    Args:
        report: the job as the daemon knows it.
        log: its changes; None while there is no result.
        sources: of each item, what can be heard.
        versions: of the result.
    """
    heard = [] if log is None else [_item(sheet_of(i), i) for i in log.base["items"]]
    items = []
    for number, found in enumerate(sources):
        item = heard[number] if number < len(heard) else {"name": report.name, "length_s": 0.0, "parts": []}
        known = list(found)
        listed = [{"name": s.name, "rate": s.rate, "channels": s.channels, "frames": s.frames} for s in known]
        length_s = item["length_s"] or max((s.frames / s.rate for s in known), default=0.0)
        items.append({**item, "length_s": length_s, "sources": listed})
    edits = {"seq": 0, "cursor": 0, "edits": []}
    if log is not None:
        edits = {"seq": log.seq, "cursor": log.cursor, "edits": log.edits}
    listed = [asdict(v) for v in versions]
    revision = max(FIRST_REVISION, report.status.revision)
    return {
        **job_line(report), "version": __version__, "revision": revision, "versions": listed, "items": items, **edits,
    }  # fmt: skip


def _item(sheet: Sheet, item: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: item[name] for name in SHOWN if name in item}
    tempo = {"confident": sheet.confident, "points": [asdict_point(p) for p in sheet.tempo]}
    parts = [_part(p) for p in sheet.parts]
    one_shots = [int(o["pitch"]) for o in item.get("one_shots") or [] if isinstance(o, Mapping) and "pitch" in o]
    return {
        "name": str(item.get("name", "")), "length_s": sheet.length_s, "tempo": tempo, "parts": parts,
        "one_shots": one_shots, **shown,
    }  # fmt: skip


def asdict_point(point: Any) -> dict[str, Any]:
    """Return a point of the tempo map as JSON."""
    return asdict(point)


def _part(part: SheetPart) -> dict[str, Any]:
    extra = part.extra
    instrument = extra.get("instrument")
    return {
        "id": part.id,
        "name": part.name,
        "stem": str(extra.get("stem") or extra.get("role") or part.id),
        "family": str(instrument.get("family", "")) if isinstance(instrument, Mapping) else "",
        "program": part.program,
        "is_drums": part.is_drums,
        "hidden": part.hidden,
        "pieces": extra.get("pieces") or {},
        "notes": [[i, *note_row(n)] for i, n in part.notes.items()],
        "ghosts": [[i, *note_row(g.note), g.reason] for i, g in part.ghosts.items()],
        "bends": [[b.time_s, b.semitones] for b in part.bends],
    }
