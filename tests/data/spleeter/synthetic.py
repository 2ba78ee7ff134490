"""Weights of the shapes of Spleeter's, and a checkpoint that holds them: the real 4 and 5 stems cannot be shipped.

Used by the tests, and by make_golden.py in another Python; it needs numpy alone.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
FILTERS = (16, 32, 64, 128, 256, 512)


def shapes(stems: int) -> dict[str, tuple[int, ...]]:
    """Variable -> shape, of all networks of a model."""
    found: dict[str, tuple[int, ...]] = {}
    ups = (*reversed(FILTERS[:-1]), 1)
    for stem in range(stems):
        kernels = [
            *(("conv2d", 7 * stem + n, (5, 5, ([2, *FILTERS])[n], FILTERS[n]), FILTERS[n]) for n in range(6)),
            ("conv2d", 7 * stem + 6, (4, 4, 1, 2), 2),
            *(
                ("conv2d_transpose", 6 * stem + n, (5, 5, ups[n], 512 if n == 0 else 2 * ups[n - 1]), ups[n])
                for n in range(6)
            ),
        ]
        for kind, number, shape, channels in kernels:
            found[f"{named(kind, number)}/kernel"] = shape
            found[f"{named(kind, number)}/bias"] = (channels,)
        for layer, channels in enumerate((*FILTERS, *ups)):
            for name in ("gamma", "beta", "moving_mean", "moving_variance"):
                found[f"{named('batch_normalization', 12 * stem + layer)}/{name}"] = (channels,)
    return found


def named(kind: str, number: int) -> str:
    return f"{kind}_{number}" if number else kind


def weights(name: str, shape: tuple[int, ...]) -> Array:
    """Numbers for a variable, the same in every version of numpy: they follow from its name."""
    values = np.random.default_rng(zlib.crc32(name.encode())).random(shape, np.float32) * 2 - 1
    if name.endswith("kernel"):
        # Keeps the size of what passes through, so that masks are neither all 0 nor all 1.
        return np.asarray(
            values * np.float32(np.sqrt(3 / np.prod(shape[:2]) / shape[-1 if "transpose" in name else 2]))
        )
    if name.endswith(("gamma", "moving_variance")):
        return np.asarray(1 + np.float32(0.3) * values)
    return np.asarray(np.float32(0.1) * values)


def index_and_data(
    variables: dict[str, tuple[int, ...]], values_of: Callable[[str, tuple[int, ...]], Array] = weights
) -> tuple[bytes, bytes]:
    """The two files of a checkpoint."""
    data = io.BytesIO()
    records = [(b"", b"\x08\x01\x1a\x02\x08\x01")]
    for name in sorted(variables):
        values = values_of(name, variables[name]).astype("<f4").tobytes()
        shape = b"".join(_field(2, _field(1, n)) for n in variables[name])
        records.append(
            (name.encode(), _field(1, 1) + _field(2, shape) + _field(4, data.tell()) + _field(5, len(values)))
        )
        data.write(values)
    return table(records), data.getvalue()


def write_checkpoint(
    path: Path,
    variables: dict[str, tuple[int, ...]],
    values_of: Callable[[str, tuple[int, ...]], Array] = weights,
    *,
    cut: int = 0,
) -> Path:
    """A tar.gz with a checkpoint as Deezer's releases have it; its data lacks the last ``cut`` bytes."""
    index, body = index_and_data(variables, values_of)
    with tarfile.open(path, "w:gz", compresslevel=0) as archive:
        for member, content in (
            ("./._model.index", b"a Mac's own"),
            ("./checkpoint", b'model_checkpoint_path: "model"\n'),
            ("./model.index", index),
            ("./model.data-00000-of-00001", body[: len(body) - cut]),
        ):
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def table(records: list[tuple[bytes, bytes]]) -> bytes:
    """A sorted table of two blocks, with names shortened by what they share with the one before."""
    half = len(records) // 2
    out, places = b"", []
    for part in (records[:half], records[half:]):
        places.append((part[-1][0], _number(len(out)) + _number(len(_block(part)))))
        out += _block(part) + b"\0" * 5
    ends = []
    for block in (_block([]), _block(places)):
        ends.append(_number(len(out)) + _number(len(block)))
        out += block + b"\0" * 5
    return out + b"".join(ends).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def _block(records: list[tuple[bytes, bytes]]) -> bytes:
    out, before = b"", b""
    for name, value in records:
        shared = next((n for n, (a, b) in enumerate(zip(before, name)) if a != b), min(len(before), len(name)))  # noqa: B905
        out += _number(shared) + _number(len(name) - shared) + _number(len(value)) + name[shared:] + value
        before = name
    return out + struct.pack("<II", 0, 1)


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    return _number(number << 3 | 2) + _number(len(value)) + value


def _number(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])
