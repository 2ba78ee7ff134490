"""What scripts ask now and then: groups, render matrix, note names, metadata, a few SWS helpers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from tests.reaper_sim import audio, timeline
from tests.reaper_sim.api_selection import GetSetProjectGrid
from tests.reaper_sim.api_sends import row
from tests.reaper_sim.api_tracks import GetTrackMIDINoteNameEx, SetTrackMIDINoteNameEx
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Project, Take, Track
from tests.reaper_sim.registry import alias, api, constant

constant(None, "OpenMediaExplorer", "GSC_mainwnd", "ClearPeakCache", "ViewPrefs", "ShowActionList", "Audio_Init")
constant(None, "Audio_Quit", "NF_UpdateSWSMarkerRegionSubWindow", "OpenColorThemeFile", "ReaScriptError")
constant("", "GetLastColorThemeFile", "GetMIDIOutputName", "BR_GetMouseCursorContext_Envelope")
constant((0, ""), "JS_MIDIEditor_ListAll")
constant(None, "BR_Win32_FindWindowEx")
constant(-1, "BR_GetMouseCursorContext_StretchMarker")
constant((False, False, -1, -1, -1, -1), "BR_GetMouseCursorContext_MIDI")
constant((False, 0, 0, 0, 0, 0), "GetTouchedOrFocusedFX")
constant(0.0, "Track_GetPeakHoldDB", "Track_GetPeakInfo", "GetOutputLatency")


@api
def GetSetTempoTimeSigMarkerFlag(r: Reaper, proj: Project, index: int, flag: int, write: bool) -> int:
    return 0 if 0 <= index < len(proj.tempo) else -1


@api
def GetSetTrackGroupMembership(r: Reaper, track: Track, group: str, mask: int, value: int) -> int:
    key = f"group:{group}"
    before = int(track.values.get(key, 0))
    track.values[key] = before & ~mask | value & mask
    return before


alias("GetSetTrackGroupMembershipHigh", lambda r, t, g, m, v: GetSetTrackGroupMembership(r, t, g + ":high", m, v))


@api
def SetRegionRenderMatrix(r: Reaper, proj: Project, region: int, track: Track, add: int) -> None:
    chosen: list[Track] = r.ui.setdefault(f"render_matrix:{region}", [])
    if add > 0 and track not in chosen:
        chosen.append(track)
    elif add < 0 and track in chosen:
        chosen.remove(track)


@api
def EnumRegionRenderMatrix(r: Reaper, proj: Project, region: int, index: int) -> Track | None:
    chosen: list[Track] = r.ui.get(f"render_matrix:{region}", [])
    return chosen[index] if 0 <= index < len(chosen) else None


@api
def GoToRegion(r: Reaper, proj: Project, number: int, timeline_order: bool) -> None:
    found = [m for m in proj.markers if m.end is not None and m.id == number]
    if found:
        proj.cursor = found[0].position


@api
def CSurf_GoStart(r: Reaper) -> None:
    r.project.cursor = 0.0


@api
def CSurf_GoEnd(r: Reaper) -> None:
    r.project.cursor = max((i.start + i.length for i in r.project.all_items()), default=0.0)


@api
def ClearAllRecArmed(r: Reaper) -> None:
    for track in r.project.tracks:
        track.values["I_RECARM"] = 0.0


@api
def MediaItemDescendsFromTrack(r: Reaper, item: Item, track: Track) -> int:
    return int(item.track is track)


@api
def GetTrackMIDINoteName(r: Reaper, track: int, pitch: int, channel: int) -> str | None:
    tracks = r.project.tracks
    return GetTrackMIDINoteNameEx(r, r.project, tracks[track], pitch, channel) if track < len(tracks) else None


@api
def SetTrackMIDINoteName(r: Reaper, track: int, pitch: int, channel: int, name: str) -> bool:
    tracks = r.project.tracks
    return track < len(tracks) and SetTrackMIDINoteNameEx(r, r.project, tracks[track], pitch, channel, name)


@api
def GetTrackReceiveUIMute(r: Reaper, track: Track, index: int) -> tuple[bool, bool]:
    found = row(r, track, -1, index)
    return found is not None, bool(found and found.values["B_MUTE"])


@api
def GetTrackReceiveUIVolPan(r: Reaper, track: Track, index: int) -> tuple[bool, float, float]:
    found = row(r, track, -1, index)
    return (False, 0.0, 0.0) if found is None else (True, found.values["D_VOL"], found.values["D_PAN"])


@api
def BR_GetMediaTrackSendInfo_Track(r: Reaper, track: Track, category: int, index: int, kind: int) -> Track | None:
    found = row(r, track, category, index)
    return None if found is None else found.target if kind else found.source


@api
def GetMediaFileMetadata(r: Reaper, source: Any, name: str) -> tuple[int, str]:
    return 0, ""


def _grid_step(r: Reaper) -> float:
    return GetSetProjectGrid(r, r.project, False, None, None, None)[1] * 4


@api
def BR_GetNextGridDivision(r: Reaper, time: float) -> float:
    step = _grid_step(r)
    return timeline.to_time(r.project, (timeline.to_qn(r.project, time) // step + 1) * step)


@api
def BR_GetPrevGridDivision(r: Reaper, time: float) -> float:
    step = _grid_step(r)
    position = -(-timeline.to_qn(r.project, time) // step) - 1
    return timeline.to_time(r.project, max(0.0, position * step))


@api
def BR_IsTakeMidi(r: Reaper, take: Take) -> tuple[bool, bool]:
    midi = take.source is not None and take.source.midi is not None
    return midi, midi


@api
def BR_GetTakeFXCount(r: Reaper, take: Take) -> int:
    return len(take.fx)


@api
def BR_Win32_WritePrivateProfileString(r: Reaper, section: str, key: str, value: str, path: str) -> bool:
    file = Path(path)
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    place = next((i for i, line in enumerate(lines) if line.strip().lower() == f"[{section}]".lower()), None)
    if place is None:
        lines += [f"[{section}]", f"{key}={value}"]
    else:
        end = next((i for i in range(place + 1, len(lines)) if lines[i].startswith("[")), len(lines))
        old = [i for i in range(place + 1, end) if lines[i].split("=")[0].lower() == key.lower()]
        lines[old[0] if old else end : (old[0] + 1) if old else end] = [f"{key}={value}"]
    file.write_text("\n".join(lines) + "\n")
    return True


@api
def NF_Base64_Encode(r: Reaper, text: str, padding: bool) -> str:
    found = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
    return found if padding else found.rstrip("=")


@api
def NF_Base64_Decode(r: Reaper, text: str) -> tuple[bool, bytes]:
    return True, base64.b64decode(text + "=" * (-len(text) % 4))


@api
def NF_GetSWSMarkerRegionSub(r: Reaper, index: int) -> str:
    return str(r.ui.get(f"subtitle:{index}", ""))


@api
def NF_SetSWSMarkerRegionSub(r: Reaper, text: str, index: int) -> bool:
    r.ui[f"subtitle:{index}"] = text
    return True


@api
def BR_SetMediaItemImageResource(r: Reaper, item: Item, path: str, flags: int) -> None:
    item.ext["image"], item.values["image_flags"] = path, float(flags)


@api
def BR_GetMediaItemImageResource(r: Reaper, item: Item) -> tuple[bool, str, int]:
    return "image" in item.ext, item.ext.get("image", ""), int(item.values.get("image_flags", 0))


@api
def JB_GetSWSExtraProjectNotes(r: Reaper, proj: Project) -> str:
    return proj.info_text.get("sws_extra_notes", "")


@api
def JB_SetSWSExtraProjectNotes(r: Reaper, proj: Project, text: str) -> None:
    proj.info_text["sws_extra_notes"] = text


def _level(item: Item, peak: bool) -> float:
    take = item.active_take
    samples = audio.render(take, 44100, 2, 0.0, round(item.length * 44100)) if take else None
    if samples is None or not len(samples):
        return -150.0
    gain = item.values["D_VOL"] * (take.values["D_VOL"] if take else 1.0)
    value = float(np.abs(samples).max() if peak else np.sqrt(np.mean(np.square(samples)))) * gain
    return 20 * float(np.log10(max(value, 1e-8)))


@api
def NF_GetMediaItemMaxPeak(r: Reaper, item: Item) -> float:
    return _level(item, peak=True)


@api
def NF_GetMediaItemAverageRMS(r: Reaper, item: Item) -> float:
    return _level(item, peak=False)
