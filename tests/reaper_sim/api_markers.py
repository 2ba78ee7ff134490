"""Markers and regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.reaper_sim import model
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Handle, Marker, Project
from tests.reaper_sim.registry import alias, api


def ordered(proj: Project) -> list[Marker]:
    """By position, as REAPER enumerates them."""
    return sorted(proj.markers, key=lambda m: m.position)


@api
def CountProjectMarkers(r: Reaper, proj: Project) -> tuple[int, int, int]:
    regions = sum(m.end is not None for m in proj.markers)
    return len(proj.markers), len(proj.markers) - regions, regions


def _free_id(proj: Project, region: bool, wanted: int) -> int:
    taken = {m.id for m in proj.markers if (m.end is not None) == region}
    if wanted >= 0 and wanted not in taken:
        return wanted
    return next(i for i in range(1, len(taken) + 2) if i not in taken)


@api
def AddProjectMarker2(
    r: Reaper, proj: Project, region: bool, position: float, end: float, name: str, wanted: int, color: int
) -> int:
    number = _free_id(proj, region, wanted)
    proj.markers.append(Marker(id=number, position=position, end=end if region else None, name=name, color=color))
    return number


@api
def AddProjectMarker(
    r: Reaper, proj: Project, region: bool, position: float, end: float, name: str, wanted: int
) -> int:
    return AddProjectMarker2(r, proj, region, position, end, name, wanted, 0)


@api
def EnumProjectMarkers3(r: Reaper, proj: Project, index: int) -> tuple[int, bool, float, float, str, int, int]:
    markers = ordered(proj)
    if not 0 <= index < len(markers):
        return 0, False, 0.0, 0.0, "", 0, 0
    m = markers[index]
    region = m.end is not None
    return index + 1, region, m.position, m.end or 0.0, m.name, m.id, m.color


@api
def EnumProjectMarkers2(r: Reaper, proj: Project, index: int) -> tuple[int, bool, float, float, str, int]:
    return EnumProjectMarkers3(r, proj, index)[:6]


@api
def EnumProjectMarkers(r: Reaper, index: int) -> tuple[int, bool, float, float, str, int]:
    return EnumProjectMarkers3(r, r.project, index)[:6]


def _by_id(proj: Project, number: int, region: bool) -> Marker | None:
    return next((m for m in proj.markers if m.id == number and (m.end is not None) == region), None)


@api
def SetProjectMarker4(
    r: Reaper, proj: Project, number: int, region: bool, position: float, end: float, name: str, color: int,
    flags: int,
) -> bool:  # fmt: skip
    marker = _by_id(proj, number, region)
    if marker is None:
        return False
    marker.position, marker.end = position, end if region else None
    marker.name = name if name or flags & 1 else marker.name
    marker.color = color or marker.color
    return True


@api
def SetProjectMarker3(
    r: Reaper, proj: Project, number: int, region: bool, position: float, end: float, name: str, color: int
) -> bool:
    return SetProjectMarker4(r, proj, number, region, position, end, name, color, 0)


@api
def SetProjectMarker2(
    r: Reaper, proj: Project, number: int, region: bool, position: float, end: float, name: str
) -> bool:
    return SetProjectMarker4(r, proj, number, region, position, end, name, 0, 0)


@api
def SetProjectMarker(r: Reaper, number: int, region: bool, position: float, end: float, name: str) -> bool:
    return SetProjectMarker4(r, r.project, number, region, position, end, name, 0, 0)


@api
def SetProjectMarkerByIndex2(
    r: Reaper, proj: Project, index: int, region: bool, position: float, end: float, number: int, name: str,
    color: int, flags: int,
) -> bool:  # fmt: skip
    markers = ordered(proj)
    if not 0 <= index < len(markers):
        return False
    marker = markers[index]
    marker.position, marker.end, marker.id = position, end if region else None, number
    marker.name = name if name or flags & 1 else marker.name
    marker.color = color or marker.color
    return True


alias(
    "SetProjectMarkerByIndex", lambda r, p, i, g, a, e, n, t, c: SetProjectMarkerByIndex2(r, p, i, g, a, e, n, t, c, 0)
)


@api
def DeleteProjectMarker(r: Reaper, proj: Project, number: int, region: bool) -> bool:
    marker = _by_id(proj, number, region)
    if marker is not None:
        proj.markers.remove(marker)
    return marker is not None


@api
def DeleteProjectMarkerByIndex(r: Reaper, proj: Project, index: int) -> bool:
    markers = ordered(proj)
    if not 0 <= index < len(markers):
        return False
    proj.markers.remove(markers[index])
    return True


@api
def GetLastMarkerAndCurRegion(r: Reaper, proj: Project, time: float) -> tuple[int, int]:
    marker, region = -1, -1
    for index, m in enumerate(ordered(proj)):
        if m.end is None and m.position <= time:
            marker = index
        elif m.end is not None and m.position <= time < m.end:
            region = index
    return marker, region


@api
def GoToMarker(r: Reaper, proj: Project, number: int, timeline_order: bool) -> None:
    marker = _by_id(proj, number, region=False)
    if marker:
        proj.cursor = marker.position


@dataclass(eq=False, kw_only=True)
class MarkerHandle(Handle):
    """What REAPER 7.6x and later hands out for a marker."""

    marker: Any = None


def _handle(r: Reaper, marker: Marker | None) -> MarkerHandle | None:
    known: dict[str, MarkerHandle] = r.ui.setdefault("marker_handles", {})
    if marker is None:
        return None
    return known.setdefault(marker.guid, MarkerHandle(marker=marker, serial=next(model._serials)))


@api
def AddRegionOrMarker(
    r: Reaper, proj: Project, region: bool, position: float, end: float, name: str, wanted: int, color: int
) -> MarkerHandle | None:
    number = AddProjectMarker2(r, proj, region, position, end, name, wanted, color)
    return _handle(r, _by_id(proj, number, region))


@api
def GetNumRegionsOrMarkers(r: Reaper, proj: Project) -> int:
    return len(proj.markers)


@api
def GetRegionOrMarker(r: Reaper, proj: Project, index: int, guid: str) -> MarkerHandle | None:
    markers = ordered(proj)
    if guid:
        return _handle(r, next((m for m in markers if m.guid == guid), None))
    return _handle(r, markers[index]) if 0 <= index < len(markers) else None


@api
def GetRegionOrMarkerInfo_Value(r: Reaper, proj: Project, handle: Any, key: str) -> float:
    m: Marker = handle.marker
    values = {"D_STARTPOS": m.position, "D_ENDPOS": m.end or m.position, "B_ISREGION": float(m.end is not None),
              "I_NUMBER": float(m.id), "I_CUSTOMCOLOR": float(m.color)}  # fmt: skip
    return values.get(key, 0.0)


@api
def SetRegionOrMarkerInfo_Value(r: Reaper, proj: Project, handle: Any, key: str, value: float) -> float:
    m: Marker = handle.marker
    names = {"D_STARTPOS": "position", "D_ENDPOS": "end", "I_NUMBER": "id", "I_CUSTOMCOLOR": "color"}
    if key not in names:
        return 0.0
    setattr(m, names[key], int(value) if key.startswith("I_") else value)
    return 1.0


@api
def GetSetRegionOrMarkerInfo_String(
    r: Reaper, proj: Project, handle: Any, key: str, value: str, write: bool
) -> tuple[bool, str]:
    m: Marker = handle.marker
    if key == "P_NAME" and write:
        m.name = value
    texts = {"P_NAME": m.name, "GUID": m.guid}
    return key in texts, texts.get(key, "")
