"""Read the weights of a TensorFlow checkpoint out of the archive it came in, without TensorFlow.

A checkpoint is two files. ``model.index`` is a sorted table (the format of LevelDB) from the name of a variable to a
record of its type, shape and place; ``model.data-00000-of-00001`` holds the numbers one after the other, little-endian.
The release of Deezer packs both into a tar.gz, a Python package into a wheel; both are read here as they are.
"""

from __future__ import annotations

import math
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError

Array = npt.NDArray[np.float32]

INDEX, DATA = "model.index", "model.data-00000-of-00001"
MAX_INDEX_BYTES = 1 << 20
"""The index of two stems has 5 kB; it grows with the number of variables."""
MAX_DATA_BYTES = 1 << 30
"""Two stems have 79 MB; an archive may not fill the memory."""
MAGIC = 0xDB4775248B80FB57
"""The last eight bytes of every such table."""
FOOTER_BYTES = 48
TRAILER_BYTES = 5
"""Behind each block: how it is compressed, and a checksum (what is read here was verified as a whole)."""
FLOAT32 = 1
"""TensorFlow's number of the type."""


@dataclass(frozen=True, slots=True)
class Variable:
    """The place of one variable in the data."""

    shape: tuple[int, ...]
    offset: int
    """Bytes."""


class Checkpoint:
    """The variables of a checkpoint by name.

    Args:
        index: the content of ``model.index``.
        data: the content of ``model.data-00000-of-00001``.

    Raises:
        ValueError: it is not the index of a checkpoint.
    """

    def __init__(self, index: bytes, data: bytes) -> None:
        self.variables: Mapping[str, Variable] = dict(_variables(index))
        self._data = data

    def read(self, name: str, shape: tuple[int, ...]) -> Array:
        """A variable, which must have this shape.

        A view of the data.

        Raises:
            ValueError: it is not there, has another shape, or its numbers are missing.
        """
        found = self.variables.get(name)
        if found is None or found.shape != shape:
            raise ValueError(f"the variable {name} is missing or has another shape")
        if found.offset + 4 * math.prod(shape) > len(self._data):
            raise ValueError(f"the numbers of the variable {name} are missing")
        return np.frombuffer(self._data, "<f4", math.prod(shape), found.offset).reshape(shape)


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint inside a tar.gz or zip.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"PK"
        found = dict(_from_zip(path) if zipped else _from_tar(path))
        return Checkpoint(found[INDEX], found[DATA])
    except (OSError, EOFError, KeyError, ValueError, struct.error, zlib.error) as e:
        raise damaged(path) from e
    except (zipfile.BadZipFile, tarfile.TarError) as e:
        raise damaged(path) from e


def damaged(path: Path) -> ModelError:
    """Return the error for a file that does not hold what it should."""
    return ModelError(
        f"The model {path.name} does not hold a Spleeter network; remove it and fetch it again.", code="model-damaged"
    )


def _from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename).name
            if name in (INDEX, DATA):
                with archive.open(entry) as file:
                    yield name, _content(file, name)


def _from_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r|gz") as archive:
        for entry in archive:
            name = PurePosixPath(entry.name).name
            if entry.isfile() and name in (INDEX, DATA) and (file := archive.extractfile(entry)):
                yield name, _content(file, name)


def _content(file: IO[bytes], name: str) -> bytes:
    most = MAX_INDEX_BYTES if name == INDEX else MAX_DATA_BYTES
    content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} is larger than any known one")
    return content


def _variables(index: bytes) -> Iterator[tuple[str, Variable]]:
    """Every variable of 32-bit floats; the optimiser's counters and the header are passed over."""
    if len(index) < FOOTER_BYTES or struct.unpack("<Q", index[-8:])[0] != MAGIC:
        raise ValueError("it is not the index of a checkpoint")
    footer = _Bytes(index[-FOOTER_BYTES:])
    footer.number(), footer.number()  # where a table of filters would be
    for _, place in _entries(_block(index, footer.number(), footer.number())):
        block = _Bytes(place)
        for name, record in _entries(_block(index, block.number(), block.number())):
            variable = _variable(record) if name else None
            if variable is not None:
                yield name.decode("utf-8"), variable


def _block(index: bytes, offset: int, size: int) -> bytes:
    if offset + size + TRAILER_BYTES > len(index):
        raise ValueError("the index is cut off")
    if index[offset + size]:
        raise ValueError("the index is compressed")
    return index[offset : offset + size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and record: each name gives what it shares with the one before, then its rest."""
    (restarts,) = struct.unpack("<I", block[-4:])
    rest = _Bytes(block[: len(block) - 4 - 4 * restarts])
    name = b""
    while rest.left:
        shared, own, size = rest.number(), rest.number(), rest.number()
        name = name[:shared] + rest.take(own)
        yield name, rest.take(size)


def _variable(record: bytes) -> Variable | None:
    """Return the content of a record, None unless it is a whole variable of 32-bit floats."""
    fields = dict(_fields(record))
    if fields.get(1) != FLOAT32 or fields.get(3, 0) != 0:
        return None
    shape = []
    for number, dimension in _fields(_raw(fields.get(2, b""))):
        if number == 2:
            shape.append(_count(dict(_fields(_raw(dimension))).get(1, 0)))
    return Variable(tuple(shape), _count(fields.get(4, 0)))


def _fields(record: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer: its number, and a whole number or bytes."""
    rest = _Bytes(record)
    while rest.left:
        number, kind = divmod(rest.number(), 8)
        if kind == 0:
            yield number, rest.number()
        elif kind in (1, 2, 5):
            yield number, rest.take({1: 8, 5: 4}.get(kind) or rest.number())
        else:
            raise ValueError("a record is damaged")


def _raw(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a record is damaged")
    return value


def _count(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ValueError("a record is damaged")
    return value


class _Bytes:
    """Bytes that are read from front to back."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self._content) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.left:
            raise ValueError("a record is cut off")
        self._at += count
        return self._content[self._at - count : self._at]

    def number(self) -> int:
        """A whole number in groups of seven bits, the lowest first."""
        value, shift = 0, 0
        while True:
            (group,) = self.take(1)
            value |= (group & 127) << shift
            shift += 7
            if group < 128:
                return value
            if shift > 63:
                raise ValueError("a number is damaged")
