"""GetSetMediaItemInfo, GetSetMediaItemTakeInfo and their relatives."""

from __future__ import annotations

from typing import Any

from tests.reaper_sim.api_track_info import string_info
from tests.reaper_sim.defaults import ITEM, TAKE, sort_items
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Take
from tests.reaper_sim.registry import api


@api
def GetMediaItemInfo_Value(r: Reaper, item: Item, key: str) -> float:
    if key == "IP_ITEMNUMBER":
        return float(item.track.items.index(item))
    if key == "P_TRACK":
        pointer: Any = item.track
        return pointer  # type: ignore[no-any-return]
    if key == "B_MUTE_ACTUAL":
        return item.values["B_MUTE"]
    if key not in ITEM:
        r.warnings.append(f"unknown item attribute {key}")
    return item.values.get(key, 0.0)


@api
def SetMediaItemInfo_Value(r: Reaper, item: Item, key: str, value: float) -> bool:
    if key not in ITEM or key == "IP_ITEMNUMBER":
        r.warnings.append(f"item attribute {key} cannot be set")
        return False
    if key == "D_LENGTH":
        value = max(0.0, value)
    if key == "I_CURTAKE" and not 0 <= value < max(1, len(item.takes)):
        return False
    item.values[key] = value
    if key == "D_POSITION":
        sort_items(item.track)
    return True


@api
def GetSetMediaItemInfo_String(r: Reaper, item: Item, key: str, value: str, write: bool) -> tuple[bool, str]:
    return string_info(item, key, value, write, {"P_NOTES": "notes"})


@api
def GetMediaItemTakeInfo_Value(r: Reaper, take: Take, key: str) -> float:
    if key == "IP_TAKENUMBER":
        return float(take.item.takes.index(take))
    if key in ("P_TRACK", "P_ITEM", "P_SOURCE"):
        pointers: dict[str, Any] = {"P_TRACK": take.item.track, "P_ITEM": take.item, "P_SOURCE": take.source}
        return pointers[key]  # type: ignore[no-any-return]
    if key not in TAKE:
        r.warnings.append(f"unknown take attribute {key}")
    return take.values.get(key, 0.0)


@api
def SetMediaItemTakeInfo_Value(r: Reaper, take: Take, key: str, value: float) -> bool:
    if key not in TAKE or key == "IP_TAKENUMBER":
        r.warnings.append(f"take attribute {key} cannot be set")
        return False
    take.values[key] = value
    return True


@api
def GetSetMediaItemTakeInfo_String(r: Reaper, take: Take, key: str, value: str, write: bool) -> tuple[bool, str]:
    return string_info(take, key, value, write, {"P_NAME": "name"})
