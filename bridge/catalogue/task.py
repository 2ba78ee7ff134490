"""Transcribe one song of a catalogue.

The task that a worker process or a Dask worker runs.

A task may run twice (a worker was killed, a scheduler tried again): the result's folder appears by one rename, and a
task that finds it there returns what it holds.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bridge.app import Application, application
from bridge.catalogue.songs import content_hash, is_url, open_song
from bridge.catalogue.table import DONE, FAILED, Row
from bridge.errors import DawscribeError
from bridge.files import write_json
from bridge.pipeline.pipeline import Pipeline
from bridge.pipeline.results import write_results
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.untrusted_json import one_line

ROW = "row.json"
"""Marks a result's folder as complete."""
INTERNAL_ERROR = "Something inside dawscribe went wrong ({}); please report it with the song's name."


@dataclass(frozen=True, slots=True)
class Task:
    """One song to do."""

    path: str
    stamp: str
    output: str
    """The catalogue's folder; workers on other machines see it under the same name."""
    engines: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """As of a request of protocol 1."""
    home: str = ""
    """dawscribe's home, empty for the worker's own."""


_warm: dict[str, tuple[Application, Pipeline]] = {}
"""The pipeline of this process by home: engines stay warm from song to song."""


def run_task(task: Task) -> Row:
    """Transcribe a song.

    Errors of the song become its row.
    """
    begun = time.monotonic()
    row = Row(task.path, task.stamp, "", task.engines, FAILED)
    try:
        content = content_hash(task.path)
        return _transcribe(task, content, begun)
    except DawscribeError as e:
        sentence = str(e)
    except OSError as e:
        sentence = f"The file cannot be read ({e.strerror or e}); check that it is there and may be read."
    except Exception as e:
        sentence = INTERNAL_ERROR.format(type(e).__name__)
    return Row(row.path, row.stamp, row.content, row.engines, FAILED, seconds=time.monotonic() - begun, error=sentence)


def result_folder(content: str, engines: str) -> Path:
    """Return where a result lies.

    By content, in 256 folders, so that no folder grows to a million entries.
    """
    return Path("songs") / content[:2] / f"{content[:32]}-{engines[:8]}"


def _transcribe(task: Task, content: str, begun: float) -> Row:
    place = result_folder(content, task.engines)
    target = Path(task.output) / place
    known = _read_row(target)
    if known is None:
        known = _fresh(task, content, place, target, begun)
    return Row(**{**asdict(known), "path": task.path, "stamp": task.stamp})


def _read_row(folder: Path) -> Row | None:
    try:
        return Row(**json.loads((folder / ROW).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _fresh(task: Task, content: str, place: Path, target: Path, begun: float) -> Row:
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        draft = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".draft-", dir=target.parent)))
        audio = _local(task.path, stack)
        name = one_line(Path(task.path).stem.encode("utf-8", "replace").decode()) or "item"
        request = Request("catalogue", "midi_file", (ItemRequest(AudioSpan(audio), name),), task.options)
        app, pipeline = _pipeline(task.home)
        outcome = pipeline.run(request, draft, lambda stage, fraction: None)
        result = write_results(request, outcome, draft, app.settings, app.context).data
        row = row_of(result, Row(task.path, task.stamp, content, task.engines, DONE, place.as_posix()), begun)
        write_json(draft / ROW, asdict(row))
        if target.exists():  # damaged, or another worker was quicker
            if (other := _read_row(target)) is not None:
                return other
            shutil.rmtree(target)
        with suppress(OSError):  # another worker was quicker
            draft.rename(target)
            draft.mkdir()  # for the clean-up of the temporary folder
    return _read_row(target) or row


def _local(path: str, stack: ExitStack) -> Path:
    """Return the song as a local file; what lies elsewhere is fetched for as long as it is needed."""
    if not is_url(path):
        return Path(path)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dawscribe-song-")))
    file = folder / ("song" + Path(path).suffix)
    with open_song(path) as source, file.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return file


def _pipeline(home: str) -> tuple[Application, Pipeline]:
    if home not in _warm:
        app = application(home=Path(home) if home else None)
        _warm[home] = app, Pipeline(app.settings, app.context)
    return _warm[home]


def row_of(result: Mapping[str, Any], row: Row, begun: float) -> Row:
    """Complete a row with what a result.json says."""
    item = result["items"][0]
    tempo = item["tempo"]
    notes = [note for part in item["parts"] for note in part["notes"]]
    confidences = [note[4] for note in notes if len(note) > 4]
    return Row(
        **{
            **asdict(row),
            "length_s": item["length_s"],
            "bpm": tempo["points"][-1]["bpm"] if tempo["confident"] and tempo["points"] else None,
            "key": _key(item.get("key")),
            "parts": {part["name"]: len(part["notes"]) for part in item["parts"]},
            "confidence": round(sum(confidences) / len(confidences), 4) if confidences else 0.0,
            "seconds": round(time.monotonic() - begun, 3),
            "device": result["device"],
            "versions": {"dawscribe": result["version"], **result["engines"]},
            "warnings": [*item["warnings"], *result["warnings"]],
        }
    )


def _key(key: object) -> str | None:
    """Return the name of a key, which a result gives as text or as a list of places with names."""
    if isinstance(key, list) and key:
        key = key[0]
    if isinstance(key, Mapping):
        key = key.get("name") or key.get("key")
    return key if isinstance(key, str) else None
