"""Envelopes of tracks, takes and FX parameters."""

from __future__ import annotations

import math

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Envelope, Point, Project, Take, Track
from tests.reaper_sim.registry import alias, api

TRACK_ENVELOPES = {
    "Volume": ("VOLENV2", 1.0), "Pan": ("PANENV2", 0.0), "Width": ("WIDTHENV2", 1.0), "Mute": ("MUTEENV", 1.0),
    "Volume (Pre-FX)": ("VOLENV", 1.0), "Pan (Pre-FX)": ("PANENV", 0.0), "Width (Pre-FX)": ("WIDTHENV", 1.0),
    "Trim Volume": ("VOLENV3", 1.0), "Tempo map": ("TEMPOENVEX", 120.0), "Playrate": ("MASTERPLAYSPEEDENV", 1.0),
}  # fmt: skip
TAKE_ENVELOPES = {"Volume": ("VOLENV", 1.0), "Pan": ("PANENV", 0.0), "Mute": ("MUTEENV", 1.0),
    "Pitch": ("PITCHENV", 0.0)}  # fmt: skip


def ensure(owner: Track | Take, name: str) -> Envelope:
    """The named envelope, made when it is not there."""
    found = next((e for e in owner.envelopes if e.name == name), None)
    if found is None:
        table = TAKE_ENVELOPES if isinstance(owner, Take) else TRACK_ENVELOPES
        tag, default = table[name]
        found = Envelope(name=name, tag=tag, parent=owner, default=default, points=[Point(time=0, value=default)])
        owner.envelopes.append(found)
    return found


@api
def CountTrackEnvelopes(r: Reaper, track: Track) -> int:
    return len(track.envelopes)


@api
def GetTrackEnvelope(r: Reaper, track: Track, index: int) -> Envelope | None:
    return track.envelopes[index] if 0 <= index < len(track.envelopes) else None


@api
def GetTrackEnvelopeByName(r: Reaper, track: Track, name: str) -> Envelope | None:
    return next((e for e in track.envelopes if e.name == name), None)


@api
def GetTrackEnvelopeByChunkName(r: Reaper, track: Track, name: str) -> Envelope | None:
    return next((e for e in track.envelopes if e.tag == name.lstrip("<") or e.guid == name), None)


@api
def CountTakeEnvelopes(r: Reaper, take: Take) -> int:
    return len(take.envelopes)


@api
def GetTakeEnvelope(r: Reaper, take: Take, index: int) -> Envelope | None:
    return take.envelopes[index] if 0 <= index < len(take.envelopes) else None


@api
def GetTakeEnvelopeByName(r: Reaper, take: Take, name: str) -> Envelope | None:
    return next((e for e in take.envelopes if e.name == name), None)


@api
def GetFXEnvelope(r: Reaper, track: Track, fx: int, param: int, create: bool) -> Envelope | None:
    return fx_envelope(track, track.fx, fx, param, create)


@api
def TakeFX_GetEnvelope(r: Reaper, take: Take, fx: int, param: int, create: bool) -> Envelope | None:
    return fx_envelope(take, take.fx, fx, param, create)


def fx_envelope(owner: Track | Take, chain: list, fx: int, param: int, create: bool) -> Envelope | None:  # type: ignore[type-arg]
    """The automation curve of a plug-in's parameter."""
    found = next((e for e in owner.envelopes if e.fx_param == (fx, param)), None)
    if found is None and create and 0 <= fx < len(chain) and 0 <= param < len(chain[fx].params):
        name, value = chain[fx].params[param][:2]
        title = f"{name} / {chain[fx].name.split(': ')[-1]}"
        point = Point(time=0, value=value)
        found = Envelope(name=title, tag="PARMENV", parent=owner, fx_param=(fx, param), default=value, points=[point])
        owner.envelopes.append(found)
    return found


@api
def GetEnvelopeName(r: Reaper, envelope: Envelope) -> tuple[bool, str]:
    return True, envelope.name


@api
def GetSelectedEnvelope(r: Reaper, proj: Project) -> Envelope | None:
    envelope = r.ui.get("selected_envelope")
    return envelope if envelope is not None and envelope.alive else None


alias("GetSelectedTrackEnvelope", GetSelectedEnvelope)


@api
def SetCursorContext(r: Reaper, mode: int, envelope: Envelope | None) -> None:
    r.keyboard = None
    r.ui["cursor_context"] = mode
    if mode == 2:
        r.ui["selected_envelope"] = envelope


@api
def CountEnvelopePoints(r: Reaper, envelope: Envelope) -> int:
    return len(envelope.points)


@api
def CountEnvelopePointsEx(r: Reaper, envelope: Envelope, item: int) -> int:
    return len(envelope.points) if item < 0 else 0


@api
def GetEnvelopePoint(r: Reaper, envelope: Envelope, index: int) -> tuple[bool, float, float, int, float, bool]:
    if not 0 <= index < len(envelope.points):
        return False, 0.0, 0.0, 0, 0.0, False
    p = envelope.points[index]
    return True, p.time, p.value, p.shape, p.tension, p.selected


@api
def GetEnvelopePointEx(
    r: Reaper, envelope: Envelope, item: int, index: int
) -> tuple[bool, float, float, int, float, bool]:
    return GetEnvelopePoint(r, envelope, index)


@api
def GetEnvelopePointByTime(r: Reaper, envelope: Envelope, time: float) -> int:
    return sum(p.time <= time + 1e-9 for p in envelope.points) - 1


@api
def GetEnvelopePointByTimeEx(r: Reaper, envelope: Envelope, item: int, time: float) -> int:
    return GetEnvelopePointByTime(r, envelope, time)


@api
def InsertEnvelopePoint(
    r: Reaper, envelope: Envelope, time: float, value: float, shape: int, tension: float, selected: bool,
    no_sort: bool | None,
) -> bool:  # fmt: skip
    envelope.points.append(Point(time=time, value=value, shape=shape, tension=tension, selected=selected))
    if not no_sort:
        Envelope_SortPoints(r, envelope)
    return True


@api
def InsertEnvelopePointEx(
    r: Reaper, envelope: Envelope, item: int, time: float, value: float, shape: int, tension: float,
    selected: bool, no_sort: bool | None,
) -> bool:  # fmt: skip
    return InsertEnvelopePoint(r, envelope, time, value, shape, tension, selected, no_sort)


@api
def SetEnvelopePoint(
    r: Reaper, envelope: Envelope, index: int, time: float | None, value: float | None, shape: int | None,
    tension: float | None, selected: bool | None, no_sort: bool | None,
) -> bool:  # fmt: skip
    if not 0 <= index < len(envelope.points):
        return False
    point = envelope.points[index]
    given = {"time": time, "value": value, "shape": shape, "tension": tension, "selected": selected}
    for key, new in given.items():
        if new is not None:
            setattr(point, key, new)
    if not no_sort:
        Envelope_SortPoints(r, envelope)
    return True


@api
def SetEnvelopePointEx(
    r: Reaper, envelope: Envelope, item: int, index: int, time: float | None, value: float | None,
    shape: int | None, tension: float | None, selected: bool | None, no_sort: bool | None,
) -> bool:  # fmt: skip
    return SetEnvelopePoint(r, envelope, index, time, value, shape, tension, selected, no_sort)


@api
def DeleteEnvelopePointRange(r: Reaper, envelope: Envelope, start: float, end: float) -> bool:
    before = len(envelope.points)
    envelope.points = [p for p in envelope.points if not start <= p.time < end]
    return len(envelope.points) < before


@api
def DeleteEnvelopePointRangeEx(r: Reaper, envelope: Envelope, item: int, start: float, end: float) -> bool:
    return DeleteEnvelopePointRange(r, envelope, start, end)


@api
def DeleteEnvelopePointEx(r: Reaper, envelope: Envelope, item: int, index: int) -> bool:
    if not 0 <= index < len(envelope.points):
        return False
    del envelope.points[index]
    return True


@api
def Envelope_SortPoints(r: Reaper, envelope: Envelope) -> bool:
    envelope.points.sort(key=lambda p: p.time)
    return True


@api
def Envelope_SortPointsEx(r: Reaper, envelope: Envelope, item: int) -> bool:
    return Envelope_SortPoints(r, envelope)


def value_at(envelope: Envelope, time: float) -> float:
    """The curve at a time, by the shape of the point before."""
    points = envelope.points
    if not points:
        return envelope.default
    index = sum(p.time <= time for p in points) - 1
    if index < 0 or index + 1 >= len(points):
        return points[max(index, 0)].value
    left, right = points[index], points[index + 1]
    part = (time - left.time) / (right.time - left.time) if right.time > left.time else 1.0
    curve = {
        0: part, 1: 0.0, 2: (1 - math.cos(math.pi * part)) / 2, 3: 1 - (1 - part) ** 3, 4: part**3,
    }.get(left.shape, part)  # fmt: skip
    return left.value + (right.value - left.value) * curve


@api
def Envelope_Evaluate(
    r: Reaper, envelope: Envelope, time: float, rate: float, samples: int
) -> tuple[int, float, float, float, float]:
    return samples, value_at(envelope, time), 0.0, 0.0, 0.0


@api
def Envelope_FormatValue(r: Reaper, envelope: Envelope, value: float) -> str:
    return f"{value:.2f}"


@api
def Envelope_GetParentTrack(r: Reaper, envelope: Envelope) -> tuple[Track | None, int, int]:
    fx, param = envelope.fx_param or (-1, -1)
    return (envelope.parent if isinstance(envelope.parent, Track) else None), fx, param


@api
def Envelope_GetParentTake(r: Reaper, envelope: Envelope) -> tuple[Take | None, int, int]:
    fx, param = envelope.fx_param or (-1, -1)
    return (envelope.parent if isinstance(envelope.parent, Take) else None), fx, param


@api
def GetEnvelopeScalingMode(r: Reaper, envelope: Envelope) -> int:
    return 0


@api
def ScaleFromEnvelopeMode(r: Reaper, mode: int, value: float) -> float:
    return value


@api
def ScaleToEnvelopeMode(r: Reaper, mode: int, value: float) -> float:
    return value


@api
def GetEnvelopeInfo_Value(r: Reaper, envelope: Envelope, key: str) -> float:
    track = envelope.parent if isinstance(envelope.parent, Track) else None
    known = {"P_TRACK": track, "P_DESTTRACK": None, "I_TCPH": 40.0, "I_TCPY": 24.0}
    return known.get(key, 0.0)  # type: ignore[return-value]


@api
def GetSetEnvelopeInfo_String(r: Reaper, envelope: Envelope, key: str, value: str, write: bool) -> tuple[bool, str]:
    from tests.reaper_sim.api_track_info import string_info

    flags = {"ACTIVE": "active", "VISIBLE": "visible", "ARM": "armed"}
    if key in flags:
        if write:
            setattr(envelope, flags[key], value not in ("0", ""))
        return True, str(int(getattr(envelope, flags[key])))
    return string_info(envelope, key, value, write, {"P_NAME": "name"})


@api
def CountAutomationItems(r: Reaper, envelope: Envelope) -> int:
    return len(envelope.automation)


@api
def InsertAutomationItem(r: Reaper, envelope: Envelope, pool: int, position: float, length: float) -> int:
    item = {"D_POOL_ID": pool, "D_POSITION": position, "D_LENGTH": length, "D_PLAYRATE": 1.0, "D_STARTOFFSET": 0.0,
            "D_BASELINE": 0.0, "D_AMPLITUDE": 1.0, "D_LOOPSRC": 1.0, "D_UISEL": 0.0, "D_POOL_QNLEN": 4.0}  # fmt: skip
    envelope.automation.append(item)
    return len(envelope.automation) - 1


@api
def GetSetAutomationItemInfo(r: Reaper, envelope: Envelope, index: int, key: str, value: float, write: bool) -> float:
    if not 0 <= index < len(envelope.automation):
        return 0.0
    if write:
        envelope.automation[index][key] = value
    return envelope.automation[index].get(key, 0.0)
