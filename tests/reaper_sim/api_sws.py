"""The SWS extension: GUIDs, colours, clipboard, fast strings, envelopes, item edges."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from tests.reaper_sim.api_chunks_api import get_chunk, set_chunk
from tests.reaper_sim.api_envelopes import value_at
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Envelope, Handle, Item, Point, Project, Take, Track
from tests.reaper_sim.registry import alias, api, constant

constant(False, "BR_IsMidiOpenInInlineEditor")
constant(None, "SN_FocusMIDIEditor", "BR_MIDI_CCLaneRemove", "CF_ShellExecute", "CF_LocateInExplorer")


@api
def CF_GetSWSVersion(r: Reaper) -> str:
    return "2.14.0.3"


@api
def CF_SetClipboard(r: Reaper, text: str) -> None:
    r.ui["clipboard"] = text


@api
def CF_GetClipboard(r: Reaper, text: str | None = None) -> str:
    return str(r.ui.get("clipboard", ""))


alias("CF_GetClipboardBig", lambda r, buffer: CF_GetClipboard(r))


@api
def CF_GetCommandText(r: Reaper, section: int, command: int) -> str:
    named = r.actions.get(command)
    return f"Script: {named[1].name}" if named else ""


@dataclass(eq=False, kw_only=True)
class FastString(Handle):
    """A string that SWS functions fill."""

    text: str = ""


@api
def SNM_CreateFastString(r: Reaper, text: str) -> FastString:
    return FastString(text=text)


@api
def SNM_DeleteFastString(r: Reaper, held: Any) -> None:
    held.alive = False


@api
def SNM_GetFastString(r: Reaper, held: Any) -> str:
    return str(held.text)


@api
def SNM_SetFastString(r: Reaper, held: Any, text: str) -> Any:
    held.text = text
    return held


@api
def SNM_GetSetObjectState(r: Reaper, target: Any, held: Any, write: bool, minimal: bool) -> bool:
    if write:
        return set_chunk(r, target, held.text)
    held.text = get_chunk(r, target)
    return True


@api
def ULT_GetMediaItemNote(r: Reaper, item: Item) -> str:
    return item.notes


@api
def ULT_SetMediaItemNote(r: Reaper, item: Item, text: str) -> None:
    item.notes = text


@api
def NF_GetSWSTrackNotes(r: Reaper, track: Track) -> str:
    return track.strings.get("sws_notes", "")


@api
def NF_SetSWSTrackNotes(r: Reaper, track: Track, text: str) -> None:
    track.strings["sws_notes"] = text


@api
def BR_GetMediaItemGUID(r: Reaper, item: Item) -> str:
    return item.guid


@api
def BR_GetMediaItemByGUID(r: Reaper, proj: Project, guid: str) -> Item | None:
    return next((i for i in proj.all_items() if i.guid == guid), None)


@api
def BR_GetMediaItemTakeGUID(r: Reaper, take: Take) -> str:
    return take.guid


@api
def SNM_GetMediaItemTakeByGUID(r: Reaper, proj: Project, guid: str) -> Take | None:
    return next((t for i in proj.all_items() for t in i.takes if t and t.guid == guid), None)


@api
def BR_GetMediaTrackGUID(r: Reaper, track: Track) -> str:
    return track.guid


@api
def BR_GetMediaTrackByGUID(r: Reaper, proj: Project, guid: str) -> Track | None:
    return next((t for t in proj.tracks if t.guid == guid), None)


@api
def BR_SetItemEdges(r: Reaper, item: Item, start: float, end: float) -> bool:
    if end <= start:
        return False
    for take in item.takes:
        if take is not None:
            take.values["D_STARTOFFS"] += (start - item.start) * take.values["D_PLAYRATE"]
    item.values["D_POSITION"], item.values["D_LENGTH"] = start, end - start
    return True


@api
def BR_GetMediaSourceProperties(r: Reaper, take: Take) -> tuple[bool, bool, float, float, float, bool]:
    source = take.source
    section = source is not None and source.type == "SECTION"
    if not section or source is None:
        return source is not None, False, 0.0, 0.0, 0.0, False
    return True, True, source.section_start_s, source.section_length_s, 0.0, source.reverse


@api
def BR_GetArrangeView(r: Reaper, proj: Project) -> tuple[float, float]:
    return proj.view


@api
def BR_SetArrangeView(r: Reaper, proj: Project, start: float, end: float) -> None:
    proj.view = (start, end)


@api
def BR_Win32_GetPrivateProfileString(r: Reaper, section: str, key: str, default: str, path: str) -> tuple[int, str]:
    current, value = "", default
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            text = line.strip()
            if text.startswith("["):
                current = text[1:-1].lower()
            elif "=" in text and current == section.lower() and text.split("=")[0].lower() == key.lower():
                value = text.split("=", 1)[1]
    return len(value), value


@dataclass(eq=False, kw_only=True)
class BrEnvelope(Handle):
    """SWS' working copy of an envelope."""

    envelope: Any = None
    points: list[Point] = field(default_factory=list)
    take_time: bool = False


@api
def BR_EnvAlloc(r: Reaper, envelope: Envelope, take_time: bool) -> BrEnvelope:
    copied = [Point(**vars(p)) for p in envelope.points]
    return BrEnvelope(envelope=envelope, points=copied, take_time=take_time)


@api
def BR_EnvFree(r: Reaper, held: Any, commit: bool) -> bool:
    if commit:
        held.envelope.points = sorted(held.points, key=lambda p: p.time)
    held.alive = False
    return True


@api
def BR_EnvGetProperties(
    r: Reaper, held: Any
) -> tuple[bool, bool, bool, bool, int, int, float, float, float, int, bool, int]:
    e = held.envelope
    volume = "Volume" in e.name
    kind = 0 if volume else 2 if "Pan" in e.name else 4 if "Mute" in e.name else 8
    top = 2.0 if volume else 1.0
    return e.active, e.visible, e.armed, False, 0, 0, 0.0 if volume else -1.0, top, e.default, kind, False, 0


@api
def BR_EnvSetProperties(r: Reaper, held: Any, active: bool, visible: bool, armed: bool, *rest: Any) -> None:
    held.envelope.active, held.envelope.visible, held.envelope.armed = active, visible, armed


@api
def BR_EnvCountPoints(r: Reaper, held: Any) -> int:
    return len(held.points)


@api
def BR_EnvGetPoint(r: Reaper, held: Any, index: int) -> tuple[bool, float, float, int, bool, float]:
    if not 0 <= index < len(held.points):
        return False, 0.0, 0.0, 0, False, 0.0
    p = held.points[index]
    return True, p.time, p.value, p.shape, p.selected, p.tension


@api
def BR_EnvSetPoint(
    r: Reaper, held: Any, index: int, time: float, value: float, shape: int, selected: bool, tension: float
) -> bool:
    point = Point(time=time, value=value, shape=shape, tension=tension, selected=selected)
    if 0 <= index < len(held.points):
        held.points[index] = point
    else:
        held.points.append(point)
    return True


@api
def BR_EnvDeletePoint(r: Reaper, held: Any, index: int) -> bool:
    if not 0 <= index < len(held.points):
        return False
    del held.points[index]
    return True


@api
def BR_EnvSortPoints(r: Reaper, held: Any) -> None:
    held.points.sort(key=lambda p: p.time)


@api
def BR_EnvValueAtPos(r: Reaper, held: Any, time: float) -> float:
    return value_at(Envelope(points=held.points, default=held.envelope.default), time)


@api
def BR_EnvFind(r: Reaper, held: Any, time: float, delta: float) -> int:
    return next((i for i, p in enumerate(held.points) if abs(p.time - time) <= delta), -1)


@api
def BR_EnvFindNext(r: Reaper, held: Any, time: float) -> int:
    return next((i for i, p in enumerate(held.points) if p.time > time), -1)


@api
def BR_EnvFindPrevious(r: Reaper, held: Any, time: float) -> int:
    return max((i for i, p in enumerate(held.points) if p.time < time), default=-1)


@api
def BR_EnvGetParentTrack(r: Reaper, held: Any) -> Track | None:
    parent = held.envelope.parent
    return parent if isinstance(parent, Track) else None


@api
def BR_EnvGetParentTake(r: Reaper, held: Any) -> Take | None:
    parent = held.envelope.parent
    return parent if isinstance(parent, Take) else None
