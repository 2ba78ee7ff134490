"""Sends, receives and hardware outputs. Category: <0 receives, 0 sends, >0 hardware outputs."""

from __future__ import annotations

from typing import Any

from tests.reaper_sim.api_track_info import string_info
from tests.reaper_sim.api_tracks import owner
from tests.reaper_sim.defaults import SEND
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Handle, Send, Track
from tests.reaper_sim.registry import api


def rows(r: Reaper, track: Track, category: int) -> list[Send]:
    """The track's connections of one category in order."""
    sends = owner(r, track).sends
    if category < 0:
        return [s for s in sends if s.target is track]
    return [s for s in sends if s.source is track and (s.target is None) == (category > 0)]


def row(r: Reaper, track: Track, category: int, index: int) -> Send | None:
    """One of them, None out of range."""
    found = rows(r, track, category)
    return found[index] if 0 <= index < len(found) else None


@api
def CreateTrackSend(r: Reaper, source: Track, target: Any) -> int:
    target = target if isinstance(target, Track) else None
    owner(r, source).sends.append(Send(source=source, target=target, values=dict(SEND)))
    return len(rows(r, source, 0 if target else 1)) - 1


@api
def RemoveTrackSend(r: Reaper, track: Track, category: int, index: int) -> bool:
    found = row(r, track, category, index)
    if found:
        owner(r, track).sends.remove(found)
    return found is not None


@api
def GetTrackNumSends(r: Reaper, track: Track, category: int) -> int:
    return len(rows(r, track, category))


@api
def GetTrackSendInfo_Value(r: Reaper, track: Track, category: int, index: int, key: str) -> float:
    found = row(r, track, category, index)
    if found is None:
        return 0.0
    pointers: dict[str, Handle | None] = {"P_DESTTRACK": found.target, "P_SRCTRACK": found.source}
    if key in pointers:
        return pointers[key]  # type: ignore[return-value]
    return found.values.get(key, 0.0)


@api
def SetTrackSendInfo_Value(r: Reaper, track: Track, category: int, index: int, key: str, value: float) -> bool:
    found = row(r, track, category, index)
    if found is None or key not in SEND:
        return False
    found.values[key] = value
    return True


@api
def GetSetTrackSendInfo_String(
    r: Reaper, track: Track, category: int, index: int, key: str, value: str, write: bool
) -> tuple[bool, str]:
    found = row(r, track, category, index)
    if found is None:
        return False, ""
    holder = Handle(ext=found.ext)
    return string_info(holder, key, value, write, {})


@api
def GetTrackSendName(r: Reaper, track: Track, index: int) -> tuple[bool, str]:
    found = row(r, track, 0, index)
    return (False, "") if found is None else (True, _title(r, found.target))


@api
def GetTrackReceiveName(r: Reaper, track: Track, index: int) -> tuple[bool, str]:
    found = row(r, track, -1, index)
    return (False, "") if found is None else (True, _title(r, found.source))


def _title(r: Reaper, track: Track) -> str:
    return track.name or f"Track {owner(r, track).tracks.index(track) + 1}"


@api
def GetTrackSendUIMute(r: Reaper, track: Track, index: int) -> tuple[bool, bool]:
    found = row(r, track, 0, index)
    return found is not None, bool(found and found.values["B_MUTE"])


@api
def GetTrackSendUIVolPan(r: Reaper, track: Track, index: int) -> tuple[bool, float, float]:
    found = row(r, track, 0, index)
    return (False, 0.0, 0.0) if found is None else (True, found.values["D_VOL"], found.values["D_PAN"])


@api
def SetTrackSendUIVol(r: Reaper, track: Track, index: int, value: float, end: int) -> bool:
    return SetTrackSendInfo_Value(r, track, 0, index, "D_VOL", value)


@api
def SetTrackSendUIPan(r: Reaper, track: Track, index: int, value: float, end: int) -> bool:
    return SetTrackSendInfo_Value(r, track, 0, index, "D_PAN", value)


@api
def ToggleTrackSendUIMute(r: Reaper, track: Track, index: int) -> bool:
    found = row(r, track, 0, index)
    return found is not None and SetTrackSendInfo_Value(r, track, 0, index, "B_MUTE", float(not found.values["B_MUTE"]))
