"""GetSetMediaTrackInfo and its relatives."""

from __future__ import annotations

from typing import Any

from tests.reaper_sim.api_tracks import number_of, owner, parent_of
from tests.reaper_sim.defaults import TRACK, sort_items
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Handle, Track
from tests.reaper_sim.registry import api

READ_ONLY = {"IP_TRACKNUMBER", "I_TCPH", "I_WNDH", "I_TCPY", "I_MCPW", "I_MCPH", "I_MCPX", "I_MCPY"}


@api
def GetMediaTrackInfo_Value(r: Reaper, track: Track, key: str) -> float:
    if key == "IP_TRACKNUMBER":
        return float(number_of(owner(r, track), track))
    if key == "I_FOLDERDEPTH" and track.master:
        return 0.0
    if key == "I_TCPY":
        project = owner(r, track)
        return 0.0 if track.master else 64.0 * project.tracks.index(track)
    if key in ("P_PARTRACK", "P_PROJECT"):
        return parent_of(owner(r, track).tracks, track) if key == "P_PARTRACK" else owner(r, track)  # type: ignore[return-value]
    if key not in track.values and key not in TRACK:
        r.warnings.append(f"unknown track attribute {key}")
    return track.values.get(key, TRACK.get(key, 0.0))


@api
def SetMediaTrackInfo_Value(r: Reaper, track: Track, key: str, value: float) -> bool:
    if key in READ_ONLY or key not in TRACK:
        r.warnings.append(f"track attribute {key} cannot be set")
        return False
    track.values[key] = value
    if key == "I_FREEMODE":
        track.values["B_FREEMODE"] = float(value == 1)
    sort_items(track)
    return True


def string_info(owner_: Handle, key: str, value: str, write: bool, texts: dict[str, Any]) -> tuple[bool, str]:
    """P_EXT:key, GUID and the strings that ``texts`` maps to attributes of the object."""
    if key.startswith("P_EXT:"):
        name = key[6:]
        if write:
            if value:
                owner_.ext[name] = value
            else:
                owner_.ext.pop(name, None)
            return True, value
        return name in owner_.ext, owner_.ext.get(name, "")
    if key == "GUID":
        if write:
            owner_.guid = value
        return True, owner_.guid
    if key not in texts:
        return False, ""
    if write:
        setattr(owner_, texts[key], value)
    return True, str(getattr(owner_, texts[key]))


@api
def GetSetMediaTrackInfo_String(r: Reaper, track: Track, key: str, value: str, write: bool) -> tuple[bool, str]:
    if key in ("P_ICON", "P_MCP_LAYOUT", "P_TCP_LAYOUT", "P_RAZOREDITS", "P_RAZOREDITS_EXT") or key.startswith(
        "P_LANENAME:"
    ):
        if write:
            track.strings[key] = value
        return True, track.strings.get(key, "")
    if key == "P_NAME" and track.master:
        return False, ""
    return string_info(track, key, value, write, {"P_NAME": "name"})
