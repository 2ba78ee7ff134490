"""Log-frequency spectrograms for the page.

Three rows a semitone, in tiles of 512 columns, levels in bytes.

Low notes need long windows to be told apart, high ones short windows to show their onsets: two transforms share the
keys. A coarser level keeps the loudest of four columns, so that an attack stays visible from far away.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint8]

RATE = 22_050
"""Hz; the highest key of a piano is at 4.2 kHz, its overtones up to 11 kHz are left out anyway."""
HOP = 512
"""Samples a column: 23 ms."""
COLUMNS = 512
"""Columns a tile: 11.9 s, 135 kB before it is compressed."""
MIN_KEY, KEYS, ROWS_PER_KEY = 21, 88, 3
ROWS = KEYS * ROWS_PER_KEY
LONG_WINDOW, SHORT_WINDOW = 8192, 2048
"""Samples: 2.7 Hz a bin tells semitones from 46 Hz on; 93 ms shows the attack of a high note."""
SPLIT_KEY = 72
"""From C5 on (523 Hz) the short window tells semitones well enough."""
FLOOR_DB = -85.0
"""Level that is drawn as nothing, of a full-scale sine."""
COARSER = 4
"""Columns of a level that become one of the next."""
MAX_LEVEL = 2
"""The coarsest: a tile of 190 s."""


def tile(mono: Callable[[float, float], Array], index: int) -> Levels:
    """Return (ROWS, COLUMNS) of the finest level, highest row first.

    Args:
        mono: gives (start_s, length_s) of the sound at :data:`RATE`, silence past its ends.
        index: of the tile, from 0.
    """
    edge = LONG_WINDOW // 2
    first = index * COLUMNS * HOP - edge
    audio = mono(first / RATE, ((COLUMNS - 1) * HOP + LONG_WINDOW) / RATE)
    db = np.empty((ROWS, COLUMNS), np.float32)
    split = (SPLIT_KEY - MIN_KEY) * ROWS_PER_KEY
    for window, rows in ((LONG_WINDOW, slice(0, split)), (SHORT_WINDOW, slice(split, ROWS))):
        skip = edge - window // 2
        frames = np.lib.stride_tricks.sliding_window_view(audio[skip:], window)[::HOP][:COLUMNS]
        power = np.square(np.abs(np.fft.rfft(frames * _hann(window)))) * np.float32((4 / window) ** 2)
        db[rows] = 10 * np.log10(_bank(window)[rows] @ power.T.astype(np.float32) + 1e-12)
    return as_levels(db)


def as_levels(db: Array) -> Levels:
    """Return levels 0..255 from FLOOR_DB to full scale, turned so that the highest key comes first."""
    return np.asarray(np.clip((db[::-1] - FLOOR_DB) * (255 / -FLOOR_DB), 0, 255), np.uint8)


def coarser(tiles: list[Levels]) -> Levels:
    """Return the tile of the next level from its four finer ones."""
    together = np.concatenate(tiles, axis=1)
    return np.asarray(together.reshape(ROWS, COLUMNS, COARSER).max(axis=2), np.uint8)


@cache
def _hann(window: int) -> Array:
    return np.hanning(window + 1)[:-1].astype(np.float32)


@cache
def _bank(window: int) -> Array:
    """(ROWS, bins): each row weighs the bins around its frequency by a triangle at least one bin wide."""
    rows = MIN_KEY + (np.arange(ROWS) - ROWS_PER_KEY // 2) / ROWS_PER_KEY
    centre = 440.0 * 2.0 ** ((rows - 69) / 12)
    half = np.maximum(centre * (2 ** (1 / (12 * ROWS_PER_KEY)) - 1), RATE / window)
    bins = np.arange(window // 2 + 1) * (RATE / window)
    return np.maximum(0.0, 1 - np.abs(bins[None] - centre[:, None]) / half[:, None]).astype(np.float32)
