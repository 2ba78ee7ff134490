"""Selected tracks and items, edit cursor, time selection, transport."""

from __future__ import annotations

from tests.reaper_sim import timeline
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Project, Track
from tests.reaper_sim.registry import alias, api, constant

constant(None, "CSurf_OnRecord", "CSurf_OnZoom", "CSurf_OnScroll", "CSurf_OnArrow")
constant(0, "GetPlayPosition2Ex")


def selected_items(proj: Project) -> list[Item]:
    """Track by track, on each by position."""
    return [item for item in proj.all_items() if item.values["B_UISEL"]]


def selected_tracks(proj: Project, master: bool = False) -> list[Track]:
    """In track order; the master first when wanted."""
    tracks = [proj.master, *proj.tracks] if master else proj.tracks
    return [t for t in tracks if t.values.get("I_SELECTED")]


@api
def CountSelectedMediaItems(r: Reaper, proj: Project) -> int:
    return len(selected_items(proj))


@api
def GetSelectedMediaItem(r: Reaper, proj: Project, index: int) -> Item | None:
    items = selected_items(proj)
    return items[index] if 0 <= index < len(items) else None


@api
def IsMediaItemSelected(r: Reaper, item: Item) -> bool:
    return bool(item.values["B_UISEL"])


@api
def SetMediaItemSelected(r: Reaper, item: Item, selected: bool) -> None:
    item.values["B_UISEL"] = float(selected)


@api
def SelectAllMediaItems(r: Reaper, proj: Project, selected: bool) -> None:
    for item in proj.all_items():
        item.values["B_UISEL"] = float(selected)


@api
def CountSelectedTracks2(r: Reaper, proj: Project, master: bool) -> int:
    return len(selected_tracks(proj, master))


@api
def CountSelectedTracks(r: Reaper, proj: Project) -> int:
    return len(selected_tracks(proj))


@api
def GetSelectedTrack2(r: Reaper, proj: Project, index: int, master: bool) -> Track | None:
    tracks = selected_tracks(proj, master)
    return tracks[index] if 0 <= index < len(tracks) else None


@api
def GetSelectedTrack(r: Reaper, proj: Project, index: int) -> Track | None:
    return GetSelectedTrack2(r, proj, index, False)


@api
def IsTrackSelected(r: Reaper, track: Track) -> bool:
    return bool(track.values.get("I_SELECTED"))


@api
def SetTrackSelected(r: Reaper, track: Track, selected: bool) -> None:
    track.values["I_SELECTED"] = float(selected)
    if selected:
        r.ui["last_touched_track"] = track


@api
def SetOnlyTrackSelected(r: Reaper, track: Track) -> None:
    for other in [r.project.master, *r.project.tracks]:
        other.values["I_SELECTED"] = float(other is track)
    r.ui["last_touched_track"] = track


@api
def GetLastTouchedTrack(r: Reaper) -> Track | None:
    track = r.ui.get("last_touched_track")
    if isinstance(track, Track) and track.alive:
        return track
    return GetSelectedTrack2(r, r.project, 0, False)


@api
def GetCursorPosition(r: Reaper) -> float:
    return r.project.cursor


@api
def GetCursorPositionEx(r: Reaper, proj: Project) -> float:
    return proj.cursor


@api
def SetEditCurPos2(r: Reaper, proj: Project, time: float, move_view: bool, seek: bool) -> None:
    proj.cursor = max(0.0, time)


@api
def SetEditCurPos(r: Reaper, time: float, move_view: bool, seek: bool) -> None:
    r.project.cursor = max(0.0, time)


@api
def MoveEditCursor(r: Reaper, by: float, selecting: bool) -> None:
    before = r.project.cursor
    r.project.cursor = max(0.0, before + by)
    if selecting:
        r.project.time_selection = (min(before, r.project.cursor), max(before, r.project.cursor))


@api
def GetSet_LoopTimeRange2(
    r: Reaper, proj: Project, write: bool, loop: bool, start: float, end: float, seek: bool
) -> tuple[float, float]:
    if write:
        span = (min(start, end), max(start, end))
        if loop:
            proj.loop = span
        else:
            proj.time_selection = span
            proj.loop = span if r.ui.get("loop_linked", True) else proj.loop
    return proj.loop if loop else proj.time_selection


@api
def GetSet_LoopTimeRange(
    r: Reaper, write: bool, loop: bool, start: float, end: float, seek: bool
) -> tuple[float, float]:
    return GetSet_LoopTimeRange2(r, r.project, write, loop, start, end, seek)


@api
def GetSet_ArrangeView2(
    r: Reaper, proj: Project, write: bool, left: int, right: int, start: float | None, end: float | None
) -> tuple[float, float]:
    if write and start is not None and end is not None:
        proj.view = (start, end)
    return proj.view


@api
def GetPlayState(r: Reaper) -> int:
    return r.project.play_state


@api
def GetPlayStateEx(r: Reaper, proj: Project) -> int:
    return proj.play_state


for _name in ("GetPlayPosition", "GetPlayPosition2", "GetPlayPositionEx", "GetPlayPosition2Ex"):
    alias(_name, lambda r, *_: r.project.cursor)


def _transport(state: int) -> object:
    def change(r: Reaper, *_: object) -> None:
        r.project.play_state = state

    return change


for _name, _state in (("OnPlayButton", 1), ("OnStopButton", 0), ("OnPauseButton", 2), ("CSurf_OnPlay", 1),
                      ("CSurf_OnStop", 0), ("CSurf_OnPause", 2), ("OnPlayButtonEx", 1),
                      ("OnStopButtonEx", 0)):  # fmt: skip
    alias(_name, _transport(_state))  # type: ignore[arg-type]


@api
def GetSetRepeat(r: Reaper, value: int) -> int:
    r.project.repeat = {0: False, 1: True}.get(value, not r.project.repeat if value > 1 else r.project.repeat)
    return int(r.project.repeat)


@api
def GetSetRepeatEx(r: Reaper, proj: Project, value: int) -> int:
    return GetSetRepeat(r, value)


@api
def GetSetProjectGrid(
    r: Reaper, proj: Project, write: bool, division: float | None, swing: int | None, amount: float | None
) -> tuple[int, float, int, float]:
    if write:
        old = proj.grid
        proj.grid = (
            old[0] if division is None else division, old[1] if swing is None else swing,
            old[2] if amount is None else amount,
        )  # fmt: skip
    division_now, swing_now, amount_now = proj.grid
    return 1, division_now / 4 if division_now > 1 else division_now, swing_now, amount_now


@api
def SetProjectGrid(r: Reaper, proj: Project, division: float) -> None:
    proj.grid = (division, proj.grid[1], proj.grid[2])


@api
def SnapToGrid(r: Reaper, proj: Project, time: float) -> float:
    step = GetSetProjectGrid(r, proj, False, None, None, None)[1] * 4
    return timeline.to_time(proj, round(timeline.to_qn(proj, time) / step) * step)


@api
def BR_GetClosestGridDivision(r: Reaper, time: float) -> float:
    return SnapToGrid(r, r.project, time)


@api
def Master_GetPlayRate(r: Reaper, proj: Project) -> float:
    return proj.info.get("playrate", 1.0)


@api
def Master_GetPlayRateAtTime(r: Reaper, time: float, proj: Project) -> float:
    return proj.info.get("playrate", 1.0)


@api
def CSurf_OnPlayRateChange(r: Reaper, rate: float) -> None:
    r.project.info["playrate"] = rate


@api
def ApplyNudge(
    r: Reaper, proj: Project, flags: int, what: int, unit: int, value: float, reverse: bool, copies: int
) -> bool:
    seconds = {0: value / 1000, 1: value, 16: value}.get(unit, value)
    if unit == 17:
        seconds = value * 60 / timeline.bpm_at(proj, proj.cursor) * 4
    seconds = -seconds if reverse else seconds
    if what == 6:
        proj.cursor = seconds if flags & 1 else max(0.0, proj.cursor + seconds)
    elif what == 0:
        for item in selected_items(proj):
            item.values["D_POSITION"] = max(0.0, seconds if flags & 1 else item.start + seconds)
    elif what == 4:
        for item in selected_items(proj):
            if item.active_take:
                item.active_take.values["D_STARTOFFS"] += seconds
    return True
