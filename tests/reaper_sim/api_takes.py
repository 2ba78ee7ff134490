"""Takes of items."""

from __future__ import annotations

from tests.reaper_sim.defaults import new_take
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Project, Source, Take, Track
from tests.reaper_sim.registry import alias, api


@api
def AddTakeToMediaItem(r: Reaper, item: Item) -> Take:
    return new_take(item)


@api
def GetActiveTake(r: Reaper, item: Item) -> Take | None:
    return item.active_take


@api
def GetTake(r: Reaper, item: Item, index: int) -> Take | None:
    return item.takes[index] if 0 <= index < len(item.takes) else None


alias("GetMediaItemTake", GetTake)


@api
def SetActiveTake(r: Reaper, take: Take) -> None:
    take.item.values["I_CURTAKE"] = float(take.item.takes.index(take))


@api
def GetMediaItemTake_Item(r: Reaper, take: Take) -> Item:
    item: Item = take.item
    return item


@api
def GetMediaItemTake_Track(r: Reaper, take: Take) -> Track:
    track: Track = take.item.track
    return track


@api
def GetMediaItemTake_Source(r: Reaper, take: Take) -> Source | None:
    return take.source


@api
def SetMediaItemTake_Source(r: Reaper, take: Take, source: Source) -> bool:
    take.source = source
    return True


@api
def GetTakeName(r: Reaper, take: Take) -> str:
    return take.name


@api
def TakeIsMIDI(r: Reaper, take: Take) -> bool:
    return take.source is not None and take.source.midi is not None


@api
def GetMediaItemTakeByGUID(r: Reaper, proj: Project, guid: str) -> Take | None:
    takes = (take for item in proj.all_items() for take in item.takes if take)
    return next((take for take in takes if take.guid == guid), None)


@api
def GetNumTakeMarkers(r: Reaper, take: Take) -> int:
    return len(take.markers)


@api
def GetTakeMarker(r: Reaper, take: Take, index: int) -> tuple[float, str, int]:
    if not 0 <= index < len(take.markers):
        return -1.0, "", 0
    position, name, color = take.markers[index]
    return position, name, color


@api
def SetTakeMarker(r: Reaper, take: Take, index: int, name: str, position: float | None, color: int | None) -> int:
    if not 0 <= index < len(take.markers):
        marker = [0.0 if position is None else position, name, color or 0]
        take.markers.append(marker)
    else:
        marker = take.markers[index]
        marker[1] = name
        marker[0] = marker[0] if position is None else position
        marker[2] = marker[2] if color is None else color
    take.markers.sort(key=lambda m: m[0])
    return take.markers.index(marker)


@api
def DeleteTakeMarker(r: Reaper, take: Take, index: int) -> bool:
    if not 0 <= index < len(take.markers):
        return False
    del take.markers[index]
    return True
