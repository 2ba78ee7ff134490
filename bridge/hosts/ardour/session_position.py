"""Locate an item in an Ardour session.

Sample position, source track, and the tempo map under it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bridge.errors import InputError

PPQN = 1920
"""Ticks a quarter note inside Ardour; a .mid file of the same resolution is taken over without rounding."""
MAX_POINTS = 1 << 17
"""Points of one tempo table: an hour at 300 BPM, thrice refined, fits."""
MAX_INTEGER = 1 << 53
"""Samples or ticks; whole numbers beyond it are not exact in Lua."""


@dataclass(frozen=True, slots=True)
class SessionPosition:
    """One item's place in the session."""

    position: int
    """Session samples from the session's start."""
    length: int
    """Samples."""
    rate: int
    """Session samples a second."""
    track_id: str
    """Ardour's id of the source track."""
    track_name: str
    table: tuple[tuple[float, int], ...]
    """(samples from the item's start, ticks from the item's start), both rising; the first tick is 0."""

    def tick(self, time_s: float) -> int:
        """The tick nearest to ``time_s`` seconds after the item's start, on the session's own tempo map."""
        sample = time_s * self.rate
        i = min(max(1, bisect_right(self.table, sample, key=lambda p: p[0])), len(self.table) - 1)
        (x0, y0), (x1, y1) = self.table[i - 1], self.table[i]
        return max(0, round(y0 + (y1 - y0) * (sample - x0) / (x1 - x0)))

    @property
    def length_s(self) -> float:
        """Seconds."""
        return self.length / self.rate


def session_position(extra: Mapping[str, Any]) -> SessionPosition:
    """The place that Ardour's script wrote into an item.

    Raises:
        InputError: it is not complete, or not usable.
    """
    track = extra.get("track")
    if not isinstance(track, Mapping):
        raise _invalid_field("track")
    return SessionPosition(
        position=_integer(extra, "position", 0),
        length=_integer(extra, "length", 1),
        rate=_integer(extra, "rate", 1),
        track_id=_text(track, "id"),
        track_name=_text(track, "name"),
        table=tempo_points(extra.get("tempo_table")),
    )


def tempo_points(table: object) -> tuple[tuple[float, int], ...]:
    """A tempo table as the scripts write it, checked.

    Raises:
        InputError: it is not one.
    """
    if not isinstance(table, Sequence) or isinstance(table, str) or not 2 <= len(table) <= MAX_POINTS:
        raise _invalid_field("tempo_table")
    points = tuple(_point(p) for p in table)
    rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(points))
    if not rising or points[0][1] != 0:
        raise _invalid_field("tempo_table")
    return points


def _point(data: object) -> tuple[float, int]:
    if isinstance(data, Sequence) and len(data) == 2:
        sample, tick = data
        numbers = isinstance(sample, (int, float)) and not isinstance(sample, bool) and type(tick) is int
        if numbers and math.isfinite(sample) and abs(sample) < MAX_INTEGER and 0 <= tick < MAX_INTEGER:
            return float(sample), tick
    raise _invalid_field("tempo_table")


def _integer(data: Mapping[str, Any], name: str, least: int) -> int:
    value = data.get(name)
    if type(value) is not int or not least <= value < MAX_INTEGER:
        raise _invalid_field(name)
    return value


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 512:
        raise _invalid_field(name)
    return value


def _invalid_field(name: str) -> InputError:
    return InputError(
        f"Ardour's request has no usable \"{name}\"; run 'dawscribe setup ardour' again.", code="request-field-invalid"
    )
