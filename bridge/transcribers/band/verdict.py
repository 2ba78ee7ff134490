"""Weigh the second net's word into the first one's onsets: of each onset alone, then of all in company."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bridge.note_maps.features import FPS
from bridge.note_maps.maps import NoteActivations, log_odds, probability
from bridge.score.instruments.evidence import Evidence
from bridge.transcribers.band.company import VIEW, in_company
from bridge.transcribers.band.crops import LOW

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

NEIGHBOURS = 3
"""Frames on either side of an onset peak that rise or fall with it."""


@dataclass(slots=True)
class Hearing:
    """The nets' output for one source."""

    maps: NoteActivations
    """With the second net's verdict in the place of the onsets' peaks."""
    who: Evidence
    """One row per candidate onset, by time."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece of a source, each onset told alone."""

    hearing: Hearing
    view: Array
    """(n, VIEW) of each row of the evidence, for :func:`bridge.transcribers.band.company.in_company`."""

    def later(self, by_s: float) -> Judged:
        """The piece with its evidence later by so much."""
        return replace(self, hearing=replace(self.hearing, who=self.hearing.who.moved(by_s)))


def with_verdict(maps: Array, who: Evidence, weight: float) -> Array:
    """The maps (4, frames, 88) with each candidate's peak between both nets' probabilities."""
    frames, keys = places(who)
    out = maps.copy()
    out[0] = moved(maps[0], frames, keys, weight * (log_odds(who.real) - log_odds(maps[0, frames, keys])))
    return out


def told_together(pieces: Iterable[Judged]) -> Hearing:
    """The whole source, its onsets told once more by those around them.

    Args:
        pieces: one after the other, with times from the source's start.
    """
    pieces = list(pieces)
    alone = Evidence.joined([p.hearing.who for p in pieces])
    view = np.concatenate([np.zeros((0, VIEW), np.float32), *(p.view for p in pieces)])
    who = replace(alone, real=in_company(alone, view))
    frames, keys = places(who)
    by = log_odds(who.real) - log_odds(alone.real)
    maps, first = NoteActivations(), 0
    for piece in pieces:
        mine = (frames >= first) & (frames < first + piece.hearing.maps.frames)
        maps.extend(with_onsets_moved(piece.hearing.maps, frames[mine] - first, keys[mine], by[mine]))
        first = maps.frames
    return Hearing(maps, who)


def places(who: Evidence) -> tuple[Indices, Indices]:
    """Frame and key from 0 of each row."""
    return np.rint(who.onset_s * FPS).astype(np.int64), who.pitch - LOW


def with_onsets_moved(maps: NoteActivations, frames: Indices, keys: Indices, by: Array) -> NoteActivations:
    """The maps with their onsets moved as of :func:`moved`; keys without any stay packed."""
    some, columns = np.unique(keys, return_inverse=True)
    return maps.with_onsets((some + LOW).tolist(), lambda onset: moved(onset, frames, columns, by))


def moved(onset: Array, frames: Indices, keys: Indices, by: Array) -> Array:
    """The onsets (frames, keys) with the peaks at these places, sorted by time, moved by so much in log odds."""
    before = onset[frames, keys]
    factor = probability(log_odds(before) + by) / np.maximum(before, 1e-3)
    around = frames[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    peak, place = np.nonzero((around >= 0) & (around < len(onset)))
    at = around[peak, place], keys[peak]
    out = onset.copy()
    # Of two peaks that share neighbours the later one moves them.
    out[at] = np.clip(onset[at] * factor[peak], 0, 1)
    return out
