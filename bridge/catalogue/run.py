"""Bring a catalogue up to date.

Decide what is to do, run it, write the rows.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bridge import __version__
from bridge.catalogue.songs import Song
from bridge.catalogue.table import DONE, FAILED, Row, Table
from bridge.catalogue.task import Task
from bridge.config import Settings

ENGINE_TABLES = ("separation", "transcription", "hearing", "separators", "transcribers", "score")
"""Tables of the settings that change what is heard."""


@dataclass(slots=True)
class Progress:
    """Progress of a catalogue."""

    total: int
    done: int = 0
    failed: int = 0
    kept: int = 0
    """Songs that were done before, with the same engines."""
    audio_s: float = 0.0
    """Length of the songs done in this run."""
    elapsed_s: float = 0.0

    @property
    def left(self) -> int:
        """Number of songs not done yet."""
        return self.total - self.done - self.failed - self.kept

    @property
    def eta_s(self) -> float | None:
        """Estimated seconds to the end, None before the first song."""
        finished = self.done + self.failed
        return self.elapsed_s / finished * self.left if finished else None

    def to_json(self) -> dict[str, Any]:
        """Return the numbers for a script."""
        return {**asdict(self), "left": self.left, "eta_s": self.eta_s}


def fingerprint(settings: Settings, options: Mapping[str, Any]) -> str:
    """Compute what changes when a song would be heard differently."""
    tables = {name: settings.values.get(name) for name in ENGINE_TABLES}
    text = json.dumps([__version__, tables, dict(options)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def update(
    songs: Iterable[Song],
    table: Table,
    folder: Path,
    run: Callable[[Iterable[Task]], Iterator[Row]],
    on_row: Callable[[Row, Progress], None],
    *,
    engines: str,
    options: Mapping[str, Any],
    home: str = "",
    again: bool = False,
) -> Progress:
    """Transcribe the songs that are new, changed or failed; keep the others.

    Args:
        songs: all songs of the catalogue.
        table: its table.
        folder: its folder.
        run: runs tasks and yields their rows, such as :func:`bridge.catalogue.local_workers.run_locally`.
        on_row: takes each finished row with the progress.
        engines: fingerprint of engines and options.
        options: as of a request.
        home: dawscribe's home for the workers, empty for their own.
        again: try failed songs again.
    """
    songs = list(songs)
    progress = Progress(len(songs))
    _forget_missing(table, songs)
    todo = []
    for song in songs:
        row = _known(table, folder, song, engines, again=again)
        if row is None:
            todo.append(Task(song.path, song.stamp, str(folder), engines, options, home))
        else:
            progress.kept += 1
    begun = time.monotonic()
    for row in run(iter(todo)):
        table.put(row)
        progress.elapsed_s = time.monotonic() - begun
        progress.audio_s += row.length_s
        progress.done += row.state == DONE
        progress.failed += row.state == FAILED
        on_row(row, progress)
    return progress


def _known(table: Table, folder: Path, song: Song, engines: str, *, again: bool) -> Row | None:
    """Return the row of a song that needs no work.

    A moved song gets a task all the same, which finds the result by the content.
    """
    row = table.get(song.path)
    if row is None or row.stamp != song.stamp or row.engines != engines:
        return None
    if row.state == FAILED:
        return None if again else row
    return row if (folder / row.folder).is_dir() else None


def _forget_missing(table: Table, songs: Iterable[Song]) -> None:
    """Remove rows of songs that are gone. Results stay: a moved song is recognised by its content."""
    there = {song.path for song in songs}
    for path in [row.path for row in table.rows() if row.path not in there]:
        table.remove(path)
