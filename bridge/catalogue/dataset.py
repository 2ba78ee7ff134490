"""Export a catalogue as one dataset.

A MIDI file per song, and all notes as Parquet.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bridge.catalogue.table import DONE, Row, Table
from bridge.errors import PluginError, StoreError, writing
from bridge.pipeline.results import RESULT
from bridge.plugins.install_hint import pip_install

NOTES, SONGS, MIDI = "notes.parquet", "songs.parquet", "midi"
ROWS_AT_ONCE = 200_000
"""Notes kept before they are written: 30 MB, whatever the number of songs."""
NOTE_TYPES = {
    "song": "string",
    "part": "string",
    "instrument": "string",
    "program": "uint8",
    "onset_s": "float64",
    "offset_s": "float64",
    "pitch": "uint8",
    "velocity": "uint8",
    "confidence": "float32",
}


def export(table: Table, catalogue: Path, target: Path) -> int:
    """Write the dataset to a new folder and return the number of notes.

    Raises:
        PluginError: pyarrow is not installed.
        StoreError: the folder is there already or cannot be written.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as e:
        raise PluginError(
            f"Parquet files need the package pyarrow: {pip_install('pyarrow')}", code="package-missing-pyarrow"
        ) from e
    if target.exists():
        raise StoreError(f"{target} already exists. Move it, or choose another folder.", code="dataset-exists")
    draft = target.with_name(f".{target.name}-draft")
    try:
        with writing(target, "dataset-unwritable", "choose another folder"):
            shutil.rmtree(draft, ignore_errors=True)
            (draft / MIDI).mkdir(parents=True)
            types = {name: getattr(pa, kind)() for name, kind in NOTE_TYPES.items()}
            schema, count = pa.schema(list(types.items())), 0
            rows = [row for row in table.rows() if row.state == DONE]
            with pq.ParquetWriter(draft / NOTES, schema) as writer:
                for block in _blocks(_notes(rows, catalogue, draft / MIDI)):
                    columns = {name: [note[i] for note in block] for i, name in enumerate(NOTE_TYPES)}
                    writer.write_table(pa.table(columns, schema=schema))
                    count += len(block)
            pq.write_table(pa.table(_song_columns(rows)), draft / SONGS)
            draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return count


def _notes(rows: Sequence[Row], catalogue: Path, midi: Path) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        folder = catalogue / row.folder
        result = json.loads((folder / RESULT).read_text(encoding="utf-8"))
        item = result["items"][0]
        if item["midi"]:
            with suppress(FileNotFoundError):
                shutil.copyfile(folder / item["midi"], midi / f"{folder.name}.mid")
        for part in item["parts"]:
            instrument = part["instrument"]
            head = (row.path, part["id"], instrument["family"], instrument["program"])
            for onset_s, offset_s, pitch, velocity, *rest in part["notes"]:
                yield (*head, onset_s, offset_s, pitch, velocity, rest[0] if rest else 1.0)


def _blocks(notes: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    block: list[tuple[Any, ...]] = []
    for note in notes:
        block.append(note)
        if len(block) == ROWS_AT_ONCE:
            yield block
            block = []
    yield block


def _song_columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the table of songs; ``midi`` is the name of the file in the folder of MIDI files."""
    names = ("path", "content", "engines", "length_s", "bpm", "key", "notes", "confidence", "seconds", "device")
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in names}
    columns["midi"] = [f"{Path(row.folder).name}.mid" for row in rows]
    columns["warnings"] = [json.dumps(row.warnings) for row in rows]
    return columns
