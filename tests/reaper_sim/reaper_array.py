"""REAPER's own number array, the buffer of audio accessors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.reaper_sim.errors import ApiError

MAX_SIZE = 4 * 1024 * 1024
"""REAPER refuses larger ones."""


class ReaperArray:
    """Indexed from 1, out of range is an error, as in REAPER."""

    def __init__(self, size: int, to_table: Callable[[list[float]], Any]) -> None:
        if not 1 <= size <= MAX_SIZE:
            raise ApiError(f"reaper.array size {size} is outside 1..{MAX_SIZE}")
        self.data: NDArray[np.float64] = np.zeros(size)
        self._to_table = to_table

    def __len__(self) -> int:
        return len(self.data)

    def _index(self, key: Any) -> int:
        if not isinstance(key, (int, float)) or int(key) != key or not 1 <= key <= len(self.data):
            raise ApiError(f"reaper.array: index {key} is outside 1..{len(self.data)}")
        return int(key) - 1

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            method = METHODS.get(key)
            return None if method is None else lambda *args: method(self, *args)
        return float(self.data[self._index(key)])

    def __setitem__(self, key: Any, value: float) -> None:
        self.data[self._index(key)] = value


def _own(array: ReaperArray, args: tuple[Any, ...]) -> list[Any]:
    """The arguments without the array itself, which ``a:method()`` passes and ``a.method()`` does not."""
    return list(args[1:] if args and args[0] is array else args)


def _clear(array: ReaperArray, *args: Any) -> None:
    own = _own(array, args)
    value, start = (own[0] if own else 0.0) or 0.0, int(own[1]) - 1 if len(own) > 1 else 0
    stop = start + int(own[2]) if len(own) > 2 else len(array.data)
    array.data[start:stop] = value


def _table(array: ReaperArray, *args: Any) -> Any:
    own = _own(array, args)
    start = int(own[0]) - 1 if own and own[0] is not None else 0
    stop = start + int(own[1]) if len(own) > 1 and own[1] is not None else len(array.data)
    if start < 0 or stop > len(array.data):
        raise ApiError("reaper.array.table: the span is outside the array")
    return array._to_table(array.data[start:stop].tolist())


def _resize(array: ReaperArray, *args: Any) -> None:
    size = int(_own(array, args)[0])
    array.data = (
        np.resize(array.data, size) if size <= len(array.data) else np.pad(array.data, (0, size - len(array.data)))
    )


def _alloc(array: ReaperArray, *args: Any) -> int:
    return len(array.data)


def _copy(array: ReaperArray, *args: Any) -> int:
    own = _own(array, args)
    other = own[0]
    values = other.data if isinstance(other, ReaperArray) else np.array([other[i + 1] for i in range(len(other))])
    source = int(own[1]) - 1 if len(own) > 1 and own[1] else 0
    size = int(own[2]) if len(own) > 2 and own[2] else len(values) - source
    target = int(own[3]) - 1 if len(own) > 3 and own[3] else 0
    size = max(0, min(size, len(array.data) - target, len(values) - source))
    array.data[target : target + size] = values[source : source + size]
    return size


def _multiply(array: ReaperArray, *args: Any) -> int:
    other = _own(array, args)[0].data
    size = min(len(other), len(array.data))
    array.data[:size] *= other[:size]
    return size


def _complex_fft(inverse: bool) -> Callable[..., None]:
    def run(array: ReaperArray, *args: Any) -> None:
        own = _own(array, args)
        size, start = int(own[0]), int(own[2]) - 1 if len(own) > 2 and own[2] else 0
        pairs = array.data[start : start + 2 * size].reshape(-1, 2)
        spectrum = pairs[:, 0] + 1j * pairs[:, 1]
        turned = np.fft.ifft(spectrum) * size if inverse else np.fft.fft(spectrum)
        array.data[start : start + 2 * size] = np.stack([turned.real, turned.imag], 1).ravel()

    return run


def _real_fft(inverse: bool) -> Callable[..., None]:
    def run(array: ReaperArray, *args: Any) -> None:
        own = _own(array, args)
        size, start = int(own[0]), int(own[2]) - 1 if len(own) > 2 and own[2] else 0
        block = array.data[start : start + size]
        if inverse:
            pairs = block.reshape(-1, 2)
            spectrum = np.append(pairs[:, 0] + 1j * pairs[:, 1], pairs[0, 1])
            spectrum[0] = pairs[0, 0]
            array.data[start : start + size] = np.fft.irfft(spectrum, size) * size
        else:
            spectrum = np.fft.rfft(block)
            packed = np.stack([spectrum[:-1].real, spectrum[:-1].imag], 1)
            packed[0, 1] = spectrum[-1].real
            array.data[start : start + size] = packed.ravel()

    return run


METHODS: dict[str, Callable[..., Any]] = {
    "clear": _clear,
    "table": _table,
    "resize": _resize,
    "get_alloc": _alloc,
    "copy": _copy,
    "multiply": _multiply,
    "fft": _complex_fft(inverse=False),
    "ifft": _complex_fft(inverse=True),
    "fft_real": _real_fft(inverse=False),
    "ifft_real": _real_fft(inverse=True),
}
