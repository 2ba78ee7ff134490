"""The arrange view, windows and the mouse: a screen that nobody looks at."""

from __future__ import annotations

from typing import Any

from tests.reaper_sim.api_midi_editor import Window, window
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Take, Track
from tests.reaper_sim.registry import api, constant

constant(None, "adjustZoom", "CSurf_SetPlayState", "DockWindowActivate")
constant(1, "GetCursorContext", "GetCursorContext2", "GetMasterTrackVisibility")
constant(-1, "DockGetPosition")
constant(100.0, "GetHZoomLevel")
constant(0, "SetMasterTrackVisibility", "GetTooltipWindow")


@api
def GetMainHwnd(r: Reaper) -> Window:
    return window(r, "REAPER")


@api
def GetItemFromPoint(r: Reaper, x: int, y: int, locked: bool) -> tuple[Item | None, Take | None]:
    item = r.ui.get("mouse_item")
    return (item, item.active_take) if item is not None and item.alive else (None, None)


@api
def GetTrackFromPoint(r: Reaper, x: int, y: int) -> tuple[Track | None, int]:
    track = r.ui.get("mouse_track")
    return (track, 0) if track is not None and track.alive else (None, 0)


@api
def GetThingFromPoint(r: Reaper, x: int, y: int) -> tuple[Track | None, str]:
    return r.ui.get("mouse_track"), "arrange"


@api
def my_getViewport(r: Reaper, left: int, top: int, right: int, bottom: int, *rest: Any) -> tuple[int, int, int, int]:
    return 0, 0, 1920, 1080


@api
def BR_GetMouseCursorContext(r: Reaper) -> tuple[str, str, str]:
    context: tuple[str, str, str] = r.ui.get("mouse_context", ("unknown", "", ""))
    return context


@api
def BR_GetMouseCursorContext_Position(r: Reaper) -> float:
    return float(r.ui.get("mouse_time", -1.0))


@api
def BR_PositionAtMouseCursor(r: Reaper, ruler: bool) -> float:
    return float(r.ui.get("mouse_time", -1.0))


@api
def BR_GetMouseCursorContext_Item(r: Reaper) -> Item | None:
    return r.ui.get("mouse_item")


@api
def BR_GetMouseCursorContext_Take(r: Reaper) -> Take | None:
    item = r.ui.get("mouse_item")
    return item.active_take if item else None


@api
def BR_GetMouseCursorContext_Track(r: Reaper) -> Track | None:
    return r.ui.get("mouse_track")


@api
def BR_ItemAtMouseCursor(r: Reaper) -> tuple[Item | None, float]:
    return r.ui.get("mouse_item"), float(r.ui.get("mouse_time", -1.0))


@api
def BR_TrackAtMouseCursor(r: Reaper) -> tuple[Track | None, int, float]:
    return r.ui.get("mouse_track"), 2, float(r.ui.get("mouse_time", -1.0))


@api
def BR_TakeAtMouseCursor(r: Reaper) -> tuple[Take | None, float]:
    item = r.ui.get("mouse_item")
    return (item.active_take if item else None), float(r.ui.get("mouse_time", -1.0))
