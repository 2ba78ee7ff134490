"""Keep the table of songs.

SQLite, so that a kill at any moment leaves whole rows.

One process writes. Workers hand their rows to it, so no lock is ever waited for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from bridge.errors import InputError, StoreError

FILE = "catalogue.sqlite"
LAYOUT = 1
"""Number of the table's layout, in SQLite's user_version."""
DONE, FAILED = "done", "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """One song as the table has it."""

    path: str
    stamp: str
    content: str
    """sha256 of the file; empty where it could not be read."""
    engines: str
    """Fingerprint of engines and options; a song is done again when it differs."""
    state: str
    folder: str = ""
    """Folder of the result, relative to the catalogue."""
    length_s: float = 0.0
    bpm: float | None = None
    """None where the beat is not certain."""
    key: str | None = None
    parts: dict[str, int] = field(default_factory=dict)
    """Name of each part with its number of notes."""
    confidence: float = 0.0
    """Mean confidence of all notes, 0..1."""
    seconds: float = 0.0
    """Time that the song took."""
    device: str = ""
    versions: dict[str, Any] = field(default_factory=dict)
    """dawscribe's version, separator and transcribers."""
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    """The sentence of the error, where it failed."""

    @property
    def notes(self) -> int:
        """Number of notes in all parts."""
        return sum(self.parts.values())


_COLUMNS = [f.name for f in fields(Row)]
_JSON = ("parts", "versions", "warnings")


class Table:
    """The rows of a catalogue, by path.

    Args:
        folder: the catalogue's folder.
        create: make the table where there is none.

    Raises:
        InputError: there is no catalogue in the folder, or it is of a newer dawscribe.
        StoreError: the folder cannot be written.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        path = folder / FILE
        if not create and not path.is_file():
            message = f"There is no catalogue in {folder}; 'dawscribe catalogue FOLDER -o {folder}' makes one."
            raise InputError(message, code="catalogue-not-found")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # A kill loses no row. A power cut may lose the last ones; their results are found again by content.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            layout = self._db.execute("PRAGMA user_version").fetchone()[0]
            if layout not in (0, LAYOUT):
                raise InputError(
                    f"The catalogue in {folder} was made by a newer dawscribe; update dawscribe.",
                    code="catalogue-too-new",
                )
            columns = ", ".join(f'"{c}"' for c in _COLUMNS[1:])
            self._db.execute(f"CREATE TABLE IF NOT EXISTS songs (path TEXT PRIMARY KEY, {columns})")
            self._db.execute(f"PRAGMA user_version = {LAYOUT}")
        except (OSError, sqlite3.Error) as e:
            raise StoreError(
                f"The catalogue in {folder} cannot be opened ({e}); check its permissions.", code="catalogue-unreadable"
            ) from e

    def put(self, row: Row) -> None:
        """Write a row in place of an earlier one of the same path."""
        values = [json.dumps(v) if k in _JSON else v for k, v in asdict(row).items()]
        marks = ", ".join("?" * len(values))
        try:
            self._db.execute(f"INSERT OR REPLACE INTO songs VALUES ({marks})", values)  # noqa: S608 - question marks
        except sqlite3.Error as e:
            raise StoreError(
                f"The catalogue's table cannot be written ({e}); check the free space.", code="catalogue-unwritable"
            ) from e

    def get(self, path: str) -> Row | None:
        """Return the row of a path."""
        return next(self._select("WHERE path = ?", path), None)

    def remove(self, path: str) -> None:
        """Forget a path."""
        self._db.execute("DELETE FROM songs WHERE path = ?", (path,))

    def rows(self) -> Iterator[Row]:
        """Yield all rows by path."""
        return self._select("ORDER BY path")

    def close(self) -> None:
        """Close the table."""
        self._db.close()

    def _select(self, where: str, *values: str) -> Iterator[Row]:
        names = ", ".join(f'"{c}"' for c in _COLUMNS)
        with closing(self._db.execute(f"SELECT {names} FROM songs {where}", values)) as found:  # noqa: S608 - ours
            for row in found:
                yield Row(**{k: json.loads(v) if k in _JSON else v for k, v in zip(_COLUMNS, row, strict=True)})
