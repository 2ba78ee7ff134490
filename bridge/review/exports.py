"""Files of a corrected result, as it is now: MIDI of all parts or of one, and projects for other programs."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.plugins.interfaces import Context, ProjectWriter
from bridge.plugins.registry import HOSTS
from bridge.score.edits import Sheet, item_of
from bridge.spool.request import AudioSpan, Request
from bridge.spool.result import ItemResult, item_score, kept_stems

MIDI_HOST = "midi_file"
PROJECTS = {"rpp": ".rpp", "dawproject": ".dawproject", "musicxml": ".musicxml", "ardour": ".ardour"}
"""Kind of a project -> the suffix by which its host is found; a project that is a folder comes as a zip."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand out."""

    name: str
    data: bytes


def exported(
    kind: str,
    item: Mapping[str, Any],
    sheet: Sheet,
    part_id: str | None,
    span: AudioSpan | None,
    folder: Path,
    context: Context,
) -> File:
    """Return a file of an item.

    Args:
        kind: "midi" or a key of :data:`PROJECTS`.
        item: its JSON as it was heard.
        sheet: its parts as they are now.
        part_id: only this part, None for all.
        span: the sound that was transcribed, for projects.
        folder: the job folder, where the stems lie.
        context: what plugins are lent.

    Raises:
        InputError: there is no such kind or part, or the project's audio is gone.
        HostError: the host cannot write it.
    """
    parts = sheet.parts if part_id is None else (sheet.part(part_id),)
    score = item_score(item_of(replace(sheet, parts=parts), item))
    name = str(item.get("name", "")) or "song"
    title = name if part_id is None else f"{name} {parts[0].name}"
    result = ItemResult(title, score, kept_stems(item, folder))
    with tempfile.TemporaryDirectory(prefix="dawscribe-") as place:
        if kind == "midi":
            made = _midi(result, Path(place), context)
        elif kind in PROJECTS:
            made = _project(kind, result, span, Path(place), context)
        else:
            raise InputError("There is no such kind of file; load the page again.", code="export-unknown")
        if made.is_dir():
            return File(f"{_plain(title)}.zip", _zipped(made))
        return File(f"{_plain(title)}{made.suffix}", made.read_bytes())


def _midi(result: ItemResult, place: Path, context: Context) -> Path:
    delivered = HOSTS.create(MIDI_HOST, {}, context).deliver([result], Request("export00", MIDI_HOST, ()), place)
    if delivered[0].midi is None:
        raise InputError("The MIDI file could not be written; see 'dawscribe logs'.", code="export-failed")
    return delivered[0].midi


def _project(kind: str, result: ItemResult, span: AudioSpan | None, place: Path, context: Context) -> Path:
    if span is None:
        raise InputError(
            "The audio of this item is not known any more; transcribe it again to export a project.", code="audio-gone"
        )
    suffix = PROJECTS[kind]
    for name in HOSTS.names():
        if getattr(HOSTS.load(name), "suffix", None) != suffix:
            continue
        settings = (context.settings or {}).get("hosts", {}).get(name, {})
        host = HOSTS.create(name, {k: v for k, v in settings.items() if k != "instruments"}, context)
        if isinstance(host, ProjectWriter):
            made = host.write_project(result, span, place / f"{_plain(result.name)}{suffix}")
            # A session is a folder, whose file is inside.
            return made if made.parent == place else made.parent
    raise InputError(f"This dawscribe has nothing that writes {kind} files; update it.", code="export-no-writer")


def _zipped(folder: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return data.getvalue()


def _plain(name: str) -> str:
    """Return a file name that every system takes."""
    return re.sub(r"[^\w .()-]", "_", name).strip(" .")[:80] or "song"
