"""The beats of a DAW's project inside an item, as a line of seconds over quarter notes."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Timeline(Protocol):
    """The part of a tempo that quantising needs.

    :class:`~bridge.music.tempo.TempoMap` is one, too.
    """

    def to_qn(self, time_s: float) -> float:
        """Quarter notes at ``time_s`` seconds."""

    def to_s(self, position_qn: float) -> float:
        """Seconds at a position in quarter notes."""


@dataclass(frozen=True, slots=True)
class ProjectBeats:
    """Points between which the project's tempo is constant, or nearly so.

    Raises:
        ValueError: fewer than two points, or some that do not rise.
    """

    times_s: tuple[float, ...]
    """From the item's start."""
    beats: tuple[float, ...]
    """Quarter notes from the project's start."""

    def __post_init__(self) -> None:
        if len(self.times_s) != len(self.beats) or len(self.times_s) < 2:
            raise ValueError("a line of beats has two points or more")
        for row in (self.times_s, self.beats):
            if not all(a < b for a, b in itertools.pairwise(row)):
                raise ValueError("beats rise in time")

    def to_qn(self, time_s: float) -> float:
        """Quarter notes of the project at ``time_s`` seconds of the item; beyond the points their lines go on."""
        return _on_line(self.times_s, self.beats, time_s)

    def to_s(self, position_qn: float) -> float:
        """Seconds of the item at a position in quarter notes of the project."""
        return _on_line(self.beats, self.times_s, position_qn)


def _on_line(x: Sequence[float], y: Sequence[float], at: float) -> float:
    i = min(max(bisect_right(x, at) - 1, 0), len(x) - 2)
    return y[i] + (at - x[i]) * (y[i + 1] - y[i]) / (x[i + 1] - x[i])
