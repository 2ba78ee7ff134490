"""Stretch markers."""

from __future__ import annotations

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Take
from tests.reaper_sim.registry import api


@api
def GetTakeNumStretchMarkers(r: Reaper, take: Take) -> int:
    return len(take.stretch)


@api
def GetTakeStretchMarker(r: Reaper, take: Take, index: int, position: float | None) -> tuple[int, float, float]:
    if index < 0 and position is not None:
        # Below 0 it is the marker that follows the position.
        index = next((i for i, marker in enumerate(take.stretch) if marker[0] > position), -1)
    if not 0 <= index < len(take.stretch):
        return -1, 0.0, 0.0
    return index, take.stretch[index][0], take.stretch[index][1]


@api
def SetTakeStretchMarker(r: Reaper, take: Take, index: int, position: float, source: float | None) -> int:
    if 0 <= index < len(take.stretch):
        marker = take.stretch[index]
        marker[0] = position
        marker[1] = marker[1] if source is None else source
    else:
        marker = [position, position + take.values["D_STARTOFFS"] if source is None else source, 0.0]
        take.stretch.append(marker)
    take.stretch.sort(key=lambda m: m[0])
    return next(i for i, m in enumerate(take.stretch) if m is marker)


@api
def DeleteTakeStretchMarkers(r: Reaper, take: Take, index: int, count: int | None) -> int:
    before = len(take.stretch)
    del take.stretch[index : index + (1 if count is None else count)]
    return before - len(take.stretch)


@api
def GetTakeStretchMarkerSlope(r: Reaper, take: Take, index: int) -> float:
    return take.stretch[index][2] if 0 <= index < len(take.stretch) else 0.0


@api
def SetTakeStretchMarkerSlope(r: Reaper, take: Take, index: int, slope: float) -> bool:
    if not 0 <= index < len(take.stretch):
        return False
    take.stretch[index][2] = max(-1.0, min(1.0, slope))
    return True
