"""Media items: making, finding, moving, splitting."""

from __future__ import annotations

import copy
import itertools

from tests.reaper_sim import timeline
from tests.reaper_sim.api_tracks import owner
from tests.reaper_sim.defaults import new_item, new_take, sort_items
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.midi_events import PPQ, MidiData
from tests.reaper_sim.model import Handle, Item, Project, Source, Take, Track, new_guid
from tests.reaper_sim.registry import alias, api, constant

constant(None, "UpdateItemInProject", "UpdateItemLanes", "MarkProjectDirty")

_fresh = itertools.count(1_000_000_000)


@api
def AddMediaItemToTrack(r: Reaper, track: Track) -> Item:
    return new_item(track)


@api
def CreateNewMIDIItemInProj(r: Reaper, track: Track, start: float, end: float, in_quarters: bool | None) -> Item | None:
    project = owner(r, track)
    if in_quarters:
        start, end = timeline.to_time(project, start), timeline.to_time(project, end)
    if end <= start:
        return None
    item = new_item(track, start, end - start)
    ticks = (timeline.to_qn(project, end) - timeline.to_qn(project, start)) * PPQ
    new_take(item, Source(type="MIDI", midi=MidiData(end=round(ticks))), "untitled MIDI item")
    return item


@api
def DeleteTrackMediaItem(r: Reaper, track: Track, item: Item) -> bool:
    if item not in track.items:
        return False
    track.items.remove(item)
    kill(item)
    return True


def kill(item: Item) -> None:
    """The item, its takes and their envelopes are gone."""
    gone: list[Handle] = [item]
    for take in item.takes:
        gone += [take, *take.envelopes] if take else []
    for handle in gone:
        handle.alive = False


@api
def CountMediaItems(r: Reaper, proj: Project) -> int:
    return len(proj.all_items())


@api
def GetMediaItem(r: Reaper, proj: Project, index: int) -> Item | None:
    items = proj.all_items()
    return items[index] if 0 <= index < len(items) else None


@api
def GetTrackMediaItem(r: Reaper, track: Track, index: int) -> Item | None:
    return track.items[index] if 0 <= index < len(track.items) else None


@api
def GetMediaItem_Track(r: Reaper, item: Item) -> Track:
    track: Track = item.track
    return track


alias("GetMediaItemTrack", GetMediaItem_Track)


@api
def MoveMediaItemToTrack(r: Reaper, item: Item, track: Track) -> bool:
    if item.track is track:
        return False
    item.track.items.remove(item)
    item.track = track
    track.items.append(item)
    sort_items(track)
    return True


@api
def SetMediaItemPosition(r: Reaper, item: Item, position: float, refresh: bool) -> bool:
    item.values["D_POSITION"] = position
    sort_items(item.track)
    return True


@api
def SetMediaItemLength(r: Reaper, item: Item, length: float, refresh: bool) -> bool:
    item.values["D_LENGTH"] = max(0.0, length)
    return True


def clone(item: Item, track: Track) -> Item:
    """A copy of an item on a track, with handles and GUIDs of its own."""
    held, item.track = item.track, None
    twin: Item = copy.deepcopy(item)
    item.track = held
    handles: list[Handle] = [twin]
    for take in twin.takes:
        if take is not None:
            handles += [take, *take.envelopes, *([take.source] if take.source else [])]
    for handle in handles:
        handle.serial, handle.guid = next(_fresh), new_guid()
    twin.track = track
    track.items.append(twin)
    sort_items(track)
    return twin


def _shift(take: Take, seconds: float) -> None:
    take.values["D_STARTOFFS"] += seconds * take.values["D_PLAYRATE"]
    for marker in take.stretch:
        marker[0] -= seconds * take.values["D_PLAYRATE"]
    for envelope in take.envelopes:
        for point in envelope.points:
            point.time -= seconds


@api
def SplitMediaItem(r: Reaper, item: Item, position: float) -> Item | None:
    start, length = item.start, item.length
    if not start < position < start + length:
        return None
    right = clone(item, item.track)
    right.values["D_POSITION"], right.values["D_LENGTH"] = position, start + length - position
    item.values["D_LENGTH"] = position - start
    for take in right.takes:
        if take is not None:
            _shift(take, position - start)
    sort_items(item.track)
    return right


@api
def GetMediaItemNumTakes(r: Reaper, item: Item) -> int:
    return len(item.takes)


alias("CountTakes", GetMediaItemNumTakes)


@api
def GetDisplayedMediaItemColor(r: Reaper, item: Item) -> int:
    take = item.active_take
    for values in (take.values if take else {}, item.values, item.track.values):
        if int(values.get("I_CUSTOMCOLOR", 0)) & 0x1000000:
            return int(values["I_CUSTOMCOLOR"])
    return 0


@api
def GetDisplayedMediaItemColor2(r: Reaper, item: Item, take: Take) -> int:
    for values in (take.values, item.values, item.track.values):
        if int(values.get("I_CUSTOMCOLOR", 0)) & 0x1000000:
            return int(values["I_CUSTOMCOLOR"])
    return 0


@api
def GetItemProjectContext(r: Reaper, item: Item) -> Project:
    return owner(r, item.track)


@api
def GetItemEditingTime2(r: Reaper) -> None:
    return None
