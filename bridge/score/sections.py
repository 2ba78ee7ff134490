"""Sections: passages of a song that come again, found bar by bar and named A, B, C.

A song is told as briefly as possible: a passage is either new, bar after bar, or like what was at some distance before.
The cheapest telling cuts the song where repetitions begin and end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.music.harmony import Section
from bridge.score.harmony.evidence import bass_classes, chroma

Array = npt.NDArray[np.float64]

NEW_BAR, MIN_NEW_BAR = 0.5, 0.08
"""Cost of a bar told anew, as a share of how unlike two bars of the song are on the whole, and at the least; a bar
that repeats another costs how unlike it is. What players vary from verse to verse is a fifth to two fifths of it."""
NEW_SECTION = 1.7
"""Cost of a cut, in bars told anew."""
ODD_LENGTH = 1.5
"""Extra cost, in bars, of a passage that is not a multiple of four bars; of two, half of it."""
MAX_BARS = 32
MIN_BARS = 8
"""Shorter recordings are one passage."""
CHROMA, BASS, DRUMS, LEVEL = 1.0, 0.6, 0.5, 0.7
"""Weights of what makes bars alike."""
DRUM_CELLS = 8
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def find_sections(pitched: Array, drums: Array, bars_s: Array) -> list[Section]:
    """The passages of a song.

    Args:
        pitched: notes as of :func:`bridge.score.harmony.evidence.note_array`.
        drums: the same of the drums.
        bars_s: (bars + 1,) bar lines in seconds.
    """
    count = len(bars_s) - 1
    if count < MIN_BARS:
        return [Section(float(bars_s[0]), float(bars_s[-1]), LETTERS[0])] if count > 0 else []
    named = _named(*_told(unlikeness(pitched, drums, bars_s)))
    return [Section(float(bars_s[first]), float(bars_s[last]), name) for first, last, name in named]


def unlikeness(pitched: Array, drums: Array, bars_s: Array) -> Array:
    """(bars, bars) 0..1 how unlike two bars are."""
    halves = np.interp(np.arange(2 * len(bars_s) - 1) / 2, np.arange(len(bars_s)), bars_s)
    parts = [
        (CHROMA, np.sqrt(chroma(pitched, halves)).reshape(len(bars_s) - 1, 24)),
        (BASS, bass_classes(pitched, halves).reshape(len(bars_s) - 1, 24)),
        (DRUMS, _drum_bars(drums, bars_s)),
    ]
    total = np.zeros((len(bars_s) - 1, len(bars_s) - 1))
    weights = 0.0
    for weight, rows in parts:
        if rows.any():
            total += weight * _distance(rows)
            weights += weight
    level = np.log1p(_counts(pitched, bars_s) + _counts(drums, bars_s))
    spread = max(1.0, float(np.ptp(level)))
    total += LEVEL * np.abs(level[:, None] - level[None, :]) / spread
    return np.asarray((total / (weights + LEVEL)).clip(0, 1))


def _distance(rows: Array) -> Array:
    """Half of one less the cosine, 1 where only one of two is empty."""
    size = np.linalg.norm(rows, axis=1)
    unit = rows / np.maximum(size, 1e-9)[:, None]
    alike = unit @ unit.T
    empty = size < 1e-6
    alike[np.ix_(empty, empty)] = 1.0
    result: Array = (1.0 - alike).clip(0, 1)
    return result


def _drum_bars(drums: Array, bars_s: Array) -> Array:
    """(bars, cells * 3) velocity of kicks, snares and the rest in each eighth of a bar."""
    rows = np.zeros((len(bars_s) - 1, DRUM_CELLS * 3))
    for start, _, pitch, velocity in drums:
        place = float(np.interp(start, bars_s, np.arange(len(bars_s))))
        bar = min(int(place), len(rows) - 1)
        kind = 0 if pitch in (35, 36) else 1 if pitch in (37, 38, 39, 40) else 2
        cell = round((place - bar) * DRUM_CELLS) % DRUM_CELLS
        rows[bar, kind * DRUM_CELLS + cell] += velocity
    return rows


def _counts(notes: Array, bars_s: Array) -> Array:
    counts, _ = np.histogram(notes[:, 0], bars_s)
    return counts.astype(np.float64)


def _told(unlike: Array) -> tuple[list[tuple[int, int]], list[int | None]]:
    """(first, last) bar of each passage, and where the passage begins that it repeats."""
    count = len(unlike)
    new_bar = max(MIN_NEW_BAR, NEW_BAR * float(np.median(unlike[~np.eye(count, dtype=bool)])))
    best, came = np.full(count + 1, np.inf), [(0, -1)] * (count + 1)
    best[0] = 0.0
    # Sums along the diagonals: repeating [a, b) from lag bars before costs the sum of unlike[i, i - lag].
    sums = np.zeros((count, count + 1))
    for lag in range(1, count):
        sums[lag, lag + 1 :] = np.cumsum(np.diagonal(unlike, -lag))
    for last in range(1, count + 1):
        for first in range(max(0, last - MAX_BARS), last):
            length = last - first
            odd = 0.0 if length % 4 == 0 else ODD_LENGTH / 2 if length % 2 == 0 else ODD_LENGTH
            cost, source = new_bar * length, -1
            if length <= first:
                lags = np.arange(length, first + 1)
                repeated = sums[lags, last] - sums[lags, first]
                k = int(repeated.argmin())
                if repeated[k] < cost:
                    cost, source = float(repeated[k]), first - int(lags[k])
            total = best[first] + cost + new_bar * (NEW_SECTION + odd)
            if total < best[last]:
                best[last], came[last] = total, (first, source)
    cuts: list[tuple[int, int]] = []
    sources: list[int | None] = []
    last = count
    while last > 0:
        first, source = came[last]
        cuts.append((first, last))
        sources.append(None if source < 0 else source)
        last = first
    return cuts[::-1], sources[::-1]


def _named(cuts: Sequence[tuple[int, int]], sources: Sequence[int | None]) -> list[tuple[int, int, str]]:
    """(first, last, letter): what repeats takes over the letters, and the cuts, of what it repeats."""
    letters: list[str] = []
    used = 0
    for (first, last), source in zip(cuts, sources, strict=True):
        if source is None:
            letter = LETTERS[used % len(LETTERS)] + ("" if used < len(LETTERS) else str(used // len(LETTERS) + 1))
            used += 1
            letters += [letter] * (last - first)
        else:
            letters += letters[source : source + last - first]
    named: list[tuple[int, int, str]] = []
    begins = {first for first, _ in cuts}
    for bar, letter in enumerate(letters):
        if named and named[-1][2] == letter and (bar not in begins or bar - named[-1][0] < MAX_BARS):
            named[-1] = (named[-1][0], bar + 1, letter)
        else:
            named.append((bar, bar + 1, letter))
    return named
