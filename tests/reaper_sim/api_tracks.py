"""Tracks: making, finding, naming, moving."""

from __future__ import annotations

import contextlib

from tests.reaper_sim.defaults import TRACK, new_track
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Project, Track
from tests.reaper_sim.registry import alias, api, constant
from tests.reaper_sim.undo import discard

constant(None, "TrackList_AdjustWindows", "TrackList_UpdateAllExternalSurfaces", "MarkTrackItemsDirty")
constant(None, "SetMixerScroll", "BypassFxAllTracks", "CSurf_FlushUndo", "CSurf_SetTrackListChange")


def depth_before(tracks: list[Track], index: int) -> int:
    """How many folders are open above the track at ``index``."""
    return max(0, int(sum(t.values["I_FOLDERDEPTH"] for t in tracks[:index])))


def parent_of(tracks: list[Track], track: Track) -> Track | None:
    """The folder track around a track."""
    open_folders: list[Track] = []
    for other in tracks:
        if other is track:
            return open_folders[-1] if open_folders else None
        change = int(other.values["I_FOLDERDEPTH"])
        if change > 0:
            open_folders.append(other)
        for _ in range(-change):
            with contextlib.suppress(IndexError):
                open_folders.pop()
    return None


def number_of(project: Project, track: Track) -> int:
    """Counted from 1; -1 for the master, 0 when it is not found."""
    if track.master:
        return -1
    return project.tracks.index(track) + 1 if track in project.tracks else 0


def owner(r: Reaper, track: Track) -> Project:
    """The project a track is in."""
    return next((p for p in r.projects if track is p.master or track in p.tracks), r.project)


@api
def CountTracks(r: Reaper, proj: Project) -> int:
    return len(proj.tracks)


@api
def GetNumTracks(r: Reaper) -> int:
    return len(r.project.tracks)


@api
def GetTrack(r: Reaper, proj: Project, index: int) -> Track | None:
    return proj.tracks[index] if 0 <= index < len(proj.tracks) else None


@api
def GetMasterTrack(r: Reaper, proj: Project) -> Track:
    for key, value in TRACK.items():
        proj.master.values.setdefault(key, value)
    return proj.master


def insert_track(r: Reaper, proj: Project, index: int) -> Track:
    index = max(0, min(index, len(proj.tracks)))
    track = new_track()
    proj.tracks.insert(index, track)
    return track


@api
def InsertTrackAtIndex(r: Reaper, index: int, want_defaults: bool) -> None:
    insert_track(r, r.project, index)


@api
def InsertTrackInProject(r: Reaper, proj: Project, index: int, flags: int) -> None:
    insert_track(r, proj, index)


@api
def DeleteTrack(r: Reaper, track: Track) -> None:
    project = owner(r, track)
    if track.master:
        return
    project.tracks.remove(track)
    project.sends = [s for s in project.sends if track not in (s.source, s.target)]
    discard(track)
    track.alive = False


@api
def GetTrackName(r: Reaper, track: Track) -> tuple[bool, str]:
    if track.master:
        return True, "MASTER"
    return True, track.name or f"Track {number_of(owner(r, track), track)}"


@api
def GetTrackGUID(r: Reaper, track: Track) -> str:
    return track.guid


@api
def GetParentTrack(r: Reaper, track: Track) -> Track | None:
    return None if track.master else parent_of(owner(r, track).tracks, track)


@api
def GetTrackDepth(r: Reaper, track: Track) -> int:
    project = owner(r, track)
    return 0 if track.master else depth_before(project.tracks, project.tracks.index(track))


@api
def CSurf_TrackFromID(r: Reaper, index: int, mcp_view: bool) -> Track | None:
    if index == 0:
        return GetMasterTrack(r, r.project)
    return GetTrack(r, r.project, index - 1)


@api
def CSurf_TrackToID(r: Reaper, track: Track, mcp_view: bool) -> int:
    return 0 if track.master else number_of(r.project, track) or -1


@api
def CSurf_NumTracks(r: Reaper, mcp_view: bool) -> int:
    return len(r.project.tracks)


@api
def CountTrackMediaItems(r: Reaper, track: Track) -> int:
    return len(track.items)


alias("GetTrackNumMediaItems", CountTrackMediaItems)


@api
def GetTrackColor(r: Reaper, track: Track) -> int:
    color = int(track.values.get("I_CUSTOMCOLOR", 0))
    return color if color & 0x1000000 else 0


@api
def SetTrackColor(r: Reaper, track: Track, color: int) -> None:
    track.values["I_CUSTOMCOLOR"] = color | 0x1000000


@api
def IsTrackVisible(r: Reaper, track: Track, mixer: bool) -> bool:
    return bool(track.values.get("B_SHOWINMIXER" if mixer else "B_SHOWINTCP", 1))


@api
def GetTrackState(r: Reaper, track: Track) -> tuple[str, int]:
    value = track.values
    flags = (1 if value.get("I_FOLDERDEPTH", 0) > 0 else 0) | (2 if value.get("I_SELECTED") else 0)
    flags |= (4 if track.fx else 0) | (8 if value.get("B_MUTE") else 0) | (16 if value.get("I_SOLO") else 0)
    return track.name, flags | (64 if value.get("I_RECARM") else 0)


@api
def ReorderSelectedTracks(r: Reaper, before: int, make_previous_folder: int) -> bool:
    tracks = r.project.tracks
    moved = [t for t in tracks if t.values["I_SELECTED"]]
    if not moved:
        return False
    head = [t for t in tracks[:before] if t not in moved]
    tail = [t for t in tracks[before:] if t not in moved]
    if make_previous_folder and head:
        head[-1].values["I_FOLDERDEPTH"] += 1
        moved[-1].values["I_FOLDERDEPTH"] -= 1
    tracks[:] = head + moved + tail
    return True


@api
def GetTrackUIVolPan(r: Reaper, track: Track) -> tuple[bool, float, float]:
    return True, track.values.get("D_VOL", 1.0), track.values.get("D_PAN", 0.0)


@api
def GetTrackUIMute(r: Reaper, track: Track) -> tuple[bool, bool]:
    return True, bool(track.values.get("B_MUTE"))


@api
def GetTrackUIPan(r: Reaper, track: Track) -> tuple[bool, float, float, int]:
    return True, track.values.get("D_PAN", 0.0), track.values.get("D_WIDTH", 1.0), 0


def _surface(key: str, change_selected: bool = False) -> object:
    def change(r: Reaper, track: Track, value: float, *more: object) -> float:
        relative = bool(more and more[0])
        track.values[key] = track.values.get(key, 0) + value if relative else value
        return track.values[key]

    return change


for _name, _key in (
    ("CSurf_OnVolumeChange", "D_VOL"), ("CSurf_OnPanChange", "D_PAN"), ("CSurf_OnWidthChange", "D_WIDTH"),
    ("CSurf_OnVolumeChangeEx", "D_VOL"), ("CSurf_OnPanChangeEx", "D_PAN"),
):  # fmt: skip
    alias(_name, _surface(_key))  # type: ignore[arg-type]


def _switch(key: str) -> object:
    def change(r: Reaper, track: Track, value: int, *more: object) -> bool:
        track.values[key] = float(not track.values.get(key)) if value < 0 else float(value)
        return bool(track.values[key])

    return change


for _name, _key in (
    ("CSurf_OnMuteChange", "B_MUTE"), ("CSurf_OnSoloChange", "I_SOLO"), ("CSurf_OnRecArmChange", "I_RECARM"),
    ("CSurf_OnSelectedChange", "I_SELECTED"), ("CSurf_OnMuteChangeEx", "B_MUTE"),
    ("CSurf_OnFXChange", "I_FXEN"), ("SetTrackUIMute", "B_MUTE"), ("SetTrackUISolo", "I_SOLO"),
    ("CSurf_OnRecArmChangeEx", "I_RECARM"), ("CSurf_OnSoloChangeEx", "I_SOLO"),
):  # fmt: skip
    alias(_name, _switch(_key))  # type: ignore[arg-type]


@api
def SetTrackAutomationMode(r: Reaper, track: Track, mode: int) -> None:
    track.values["I_AUTOMODE"] = mode


@api
def GetTrackAutomationMode(r: Reaper, track: Track) -> int:
    return int(track.values.get("I_AUTOMODE", 0))


@api
def AnyTrackSolo(r: Reaper, proj: Project) -> bool:
    return any(t.values["I_SOLO"] for t in proj.tracks)


@api
def MuteAllTracks(r: Reaper, mute: bool) -> None:
    for track in r.project.tracks:
        track.values["B_MUTE"] = float(mute)


@api
def SoloAllTracks(r: Reaper, solo: int) -> None:
    for track in r.project.tracks:
        track.values["I_SOLO"] = float(solo)


@api
def GetTrackMIDINoteNameEx(r: Reaper, proj: Project, track: Track, pitch: int, channel: int) -> str | None:
    return track.strings.get(f"note:{channel}:{pitch}") or track.strings.get(f"note:-1:{pitch}")


@api
def SetTrackMIDINoteNameEx(r: Reaper, proj: Project, track: Track, pitch: int, channel: int, name: str) -> bool:
    track.strings[f"note:{channel}:{pitch}"] = name
    return True


@api
def GetTrackMIDINoteRange(r: Reaper, proj: Project, track: Track) -> tuple[int, int]:
    return 0, 127


@api
def GetMixerScroll(r: Reaper) -> Track | None:
    return r.project.tracks[0] if r.project.tracks else None


@api
def SetTrackMIDILyrics(r: Reaper, track: Track, flag: int, text: str) -> bool:
    track.strings["lyrics"] = text
    return True
