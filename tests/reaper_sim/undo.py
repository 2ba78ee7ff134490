"""Undo with real state: every point keeps a copy of the whole project."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from typing import Any

from tests.reaper_sim.model import Fx, Handle, Item, Project, Take, Track

KEPT = ("serial", "alive", "path", "change_count", "dirty", "play_state", "view", "cursor")
"""What undo leaves alone."""


@dataclass
class UndoPoint:
    """The project after a step."""

    name: str
    state: Project


def _descendants(track: Track) -> list[Handle]:
    found: list[Handle] = [*track.envelopes]
    for item in track.items:
        found.append(item)
        for take in item.takes:
            if take is not None:
                found += [take, *take.envelopes]
                source = take.source
                while source is not None:
                    found.append(source)
                    source = source.parent
    return found


def discard(track: Track) -> None:
    """Marks everything on a track as gone."""
    for handle in _descendants(track):
        handle.alive = False


def free(project: Project) -> None:
    """Marks a closed project and everything in it as gone."""
    project.alive = False
    for track in [*project.tracks, project.master]:
        discard(track)
        track.alive = False


class History:
    """The undo list of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.points = [UndoPoint("", copy.deepcopy(project))]
        self.position = 0

    @property
    def names(self) -> list[str]:
        """The steps that can be undone, oldest first."""
        return [point.name for point in self.points[1 : self.position + 1]]

    def add(self, name: str) -> None:
        """A new step: what was undone before is forgotten."""
        del self.points[self.position + 1 :]
        self.points.append(UndoPoint(name, copy.deepcopy(self.project)))
        self.position += 1
        self.project.change_count += 1
        self.project.dirty = True

    def changed(self) -> bool:
        """Whether the project differs from the last step."""
        return bool(fingerprint(self.project) != fingerprint(self.points[self.position].state))

    def step(self, by: int) -> bool:
        """Goes back (-1) or forward (1); False where there is nothing to go to."""
        if not 0 <= self.position + by < len(self.points):
            return False
        self.position += by
        self._restore(copy.deepcopy(self.points[self.position].state))
        self.project.change_count += 1
        return True

    def _restore(self, state: Project) -> None:
        present = {track.guid: track for track in [*self.project.tracks, self.project.master]}
        replaced: dict[int, Track] = {}
        for track in self.project.tracks:
            discard(track)
        tracks = []
        for track in [*state.tracks, state.master]:
            known = present.pop(track.guid, None)
            if known is not None:
                replaced[track.serial] = known
                _overwrite(known, track)
            tracks.append(known or track)
        for gone in present.values():
            gone.alive = False
        state.tracks, state.master = tracks[:-1], tracks[-1]
        for track in state.tracks:
            _renew(track)
        for send in state.sends:
            send.source = replaced.get(getattr(send.source, "serial", 0), send.source)
            send.target = replaced.get(getattr(send.target, "serial", 0), send.target)
        for field in fields(state):
            if field.name not in KEPT:
                setattr(self.project, field.name, getattr(state, field.name))


def _overwrite(known: Track, stored: Track) -> None:
    for field in fields(stored):
        if field.name not in ("serial", "alive"):
            setattr(known, field.name, getattr(stored, field.name))
    known.alive = True


def _renew(track: Track) -> None:
    """Gives a restored track's contents fresh handles, as a reloaded chunk has in REAPER."""
    from tests.reaper_sim.model import _serials

    for handle in _descendants(track):
        handle.serial = next(_serials)
        handle.alive = True
        if isinstance(handle, Item):
            handle.track = track
    for envelope in track.envelopes:
        envelope.parent = track


def fingerprint(value: Any) -> Any:
    """The state as plain comparable data, without handles' serial numbers and without links upwards."""
    if isinstance(value, (Handle, Fx)):
        skipped = {
            "serial",
            "alive",
            "offline",
            "offline_by_focus",
            "track",
            "item",
            "change_count",
            "dirty",
            "play_state",
            "view",
        }
        if not isinstance(value, (Track, Item, Take, Project)):
            skipped.add("parent")
        return tuple(fingerprint(getattr(value, f.name)) for f in fields(value) if f.name not in skipped)
    if isinstance(value, dict):
        return tuple(sorted((str(k), fingerprint(v)) for k, v in value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(fingerprint(v) for v in value)
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        names = [f.name for f in fields(value) if f.name not in ("source", "target")]
        return tuple(fingerprint(getattr(value, n)) for n in names)
    return value
