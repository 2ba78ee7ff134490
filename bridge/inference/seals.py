"""Checksums of what the runtime keeps: a file that lost power or was edited gives other notes and no error.

The runtime looks at lengths and headers alone; here every byte is looked at, 3 GB a second.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from bridge.errors import InputError
from bridge.files import read_untrusted, write_json

SEALS = "seals.json"
"""Bytes and checksum of each file, beside the files."""
MAX_BYTES = 1 << 20
BLOCK = 1 << 20
COMPILED = "*.blob"


def seal(folder: Path, files: Iterable[str]) -> None:
    """Note the content of files as it is now; OSError where that cannot be done."""
    write_json(folder / SEALS, {name: _content(folder / name) for name in files}, durable=False)


def is_sealed(folder: Path, files: Iterable[str]) -> bool:
    """Return whether files are there as they were sealed."""
    kept = _seals(folder)
    return all(_is_as(kept, folder / name) for name in files)


def drop_damaged(folder: Path) -> None:
    """Remove compiled networks that are not as they were sealed; the runtime then makes them again."""
    kept = _seals(folder)
    damaged = [path for path in folder.glob(COMPILED) if not _is_as(kept, path)]
    for path in damaged:
        # Another process may have removed it, or use it.
        with suppress(OSError):
            path.unlink()
    if damaged:
        with suppress(OSError):
            _write(folder, _seals(folder))


def seal_compiled(folder: Path) -> None:
    """Note the content of compiled networks that are new; one that cannot be sealed is made again next time."""
    kept = _seals(folder)
    names = {path.name for path in folder.glob(COMPILED)}
    with suppress(OSError):
        new = {name: _content(folder / name) for name in names - kept.keys()}
        if new:
            _write(folder, {**kept, **new})


def _write(folder: Path, kept: Mapping[str, object]) -> None:
    """Keep the seals of what is still there."""
    here = {name: found for name, found in kept.items() if (folder / name).exists()}
    write_json(folder / SEALS, here, durable=False)


def _seals(folder: Path) -> dict[str, object]:
    try:
        kept = json.loads(read_untrusted(folder / SEALS, MAX_BYTES))
    except (OSError, ValueError, InputError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _is_as(kept: Mapping[str, object], path: Path) -> bool:
    """Return whether a file is as a seal says."""
    try:
        return kept.get(path.name) == _content(path)
    except OSError:
        return False


def _content(path: Path) -> list[int]:
    size = total = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            size, total = size + len(block), zlib.crc32(block, total)
    return [size, total]
