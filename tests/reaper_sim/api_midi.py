"""Reading MIDI takes, and the positions of ticks."""

from __future__ import annotations

import hashlib

from tests.reaper_sim import timeline
from tests.reaper_sim.api_tracks import owner
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.midi_events import PPQ, MidiData, unpack
from tests.reaper_sim.model import Item, Project, Take, Track
from tests.reaper_sim.registry import api


def data_of(take: Take) -> MidiData:
    """The take's MIDI; empty for audio takes, as REAPER counts nothing there."""
    return take.source.midi if take.source and take.source.midi else MidiData()


def store(take: Take, data: MidiData) -> None:
    """Puts MIDI into a take that can hold it."""
    if take.source is None or take.source.midi is None:
        raise ApiError("this take holds no MIDI")
    take.source.midi = data


def origin_qn(r: Reaper, take: Take) -> float:
    """Where the source's tick 0 lies in the project, in quarter notes."""
    rate = take.values["D_PLAYRATE"]
    return timeline.to_qn(owner(r, take.item.track), take.item.start - take.values["D_STARTOFFS"] / rate)


def _qn_to_ppq(r: Reaper, take: Take, qn: float) -> float:
    return (qn - origin_qn(r, take)) * PPQ * take.values["D_PLAYRATE"]


@api
def MIDI_GetPPQPosFromProjQN(r: Reaper, take: Take, qn: float) -> float:
    return _qn_to_ppq(r, take, qn)


@api
def MIDI_GetPPQPosFromProjTime(r: Reaper, take: Take, time: float) -> float:
    return _qn_to_ppq(r, take, timeline.to_qn(owner(r, take.item.track), time))


@api
def MIDI_GetProjQNFromPPQPos(r: Reaper, take: Take, ppq: float) -> float:
    return origin_qn(r, take) + ppq / PPQ / take.values["D_PLAYRATE"]


@api
def MIDI_GetProjTimeFromPPQPos(r: Reaper, take: Take, ppq: float) -> float:
    return timeline.to_time(owner(r, take.item.track), MIDI_GetProjQNFromPPQPos(r, take, ppq))


@api
def MIDI_GetPPQPos_StartOfMeasure(r: Reaper, take: Take, ppq: float) -> float:
    project = owner(r, take.item.track)
    qn = MIDI_GetProjQNFromPPQPos(r, take, ppq)
    return _qn_to_ppq(r, take, timeline.measure_of_qn(project, qn + 1e-9)[1])


@api
def MIDI_GetPPQPos_EndOfMeasure(r: Reaper, take: Take, ppq: float) -> float:
    project = owner(r, take.item.track)
    qn = MIDI_GetProjQNFromPPQPos(r, take, ppq)
    return _qn_to_ppq(r, take, timeline.measure_of_qn(project, qn + 1e-9)[2])


@api
def MIDI_CountEvts(r: Reaper, take: Take) -> tuple[int, int, int, int]:
    data = data_of(take)
    counts = len(data.notes), len(data.ccs), len(data.texts)
    return (sum(counts), *counts)


@api
def MIDI_GetNote(r: Reaper, take: Take, index: int) -> tuple[bool, bool, bool, float, float, int, int, int]:
    notes = data_of(take).notes
    if not 0 <= index < len(notes):
        return False, False, False, 0.0, 0.0, 0, 0, 0
    n = notes[index]
    return True, n.selected, n.muted, n.start, n.end, n.channel, n.pitch, n.velocity


@api
def MIDI_GetCC(r: Reaper, take: Take, index: int) -> tuple[bool, bool, bool, float, int, int, int, int]:
    ccs = data_of(take).ccs
    if not 0 <= index < len(ccs):
        return False, False, False, 0.0, 0, 0, 0, 0
    c = ccs[index]
    return True, c.selected, c.muted, c.position, c.status, c.channel, c.msg2, c.msg3


@api
def MIDI_GetCCShape(r: Reaper, take: Take, index: int) -> tuple[bool, int, float]:
    ccs = data_of(take).ccs
    if not 0 <= index < len(ccs):
        return False, 0, 0.0
    return True, ccs[index].shape, ccs[index].tension


@api
def MIDI_GetTextSysexEvt(
    r: Reaper, take: Take, index: int, selected: bool | None, muted: bool | None, ppq: float | None,
    kind: int | None, text: str | None,
) -> tuple[bool, bool, bool, float, int, bytes]:  # fmt: skip
    texts = data_of(take).texts
    if not 0 <= index < len(texts):
        return False, False, False, 0.0, 0, b""
    t = texts[index]
    return True, t.selected, t.muted, t.position, t.type, t.data


@api
def MIDI_GetAllEvts(r: Reaper, take: Take) -> tuple[bool, bytes]:
    if take.source is None or take.source.midi is None:
        return False, b""
    return True, take.source.midi.pack()


@api
def MIDI_SetAllEvts(r: Reaper, take: Take, buffer: str) -> bool:
    if take.source is None or take.source.midi is None:
        return False
    try:
        data = unpack(buffer.encode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise ApiError(f"bad argument #2 to 'MIDI_SetAllEvts' ({error})") from None
    take.source.midi = data
    return True


@api
def MIDI_GetEvt(r: Reaper, take: Take, index: int) -> tuple[bool, bool, bool, float, bytes]:
    events = data_of(take).events()
    if not 0 <= index < len(events):
        return False, False, False, 0.0, b""
    tick, flags, message, _ = events[index]
    return True, bool(flags & 1), bool(flags & 2), tick, message


@api
def MIDI_GetGrid(r: Reaper, take: Take) -> tuple[float, float, float]:
    return r.ui.get("midi_grid", 0.25), 0.0, 0.0


@api
def SetMIDIEditorGrid(r: Reaper, proj: Project, division: float) -> None:
    r.ui["midi_grid"] = division * 4


@api
def MIDI_GetHash(r: Reaper, take: Take, notes_only: bool) -> tuple[bool, str]:
    data = data_of(take)
    content = data.notes if notes_only else (data.notes, data.ccs, data.texts)
    return True, hashlib.md5(repr(content).encode()).hexdigest()


@api
def MIDI_GetTrackHash(r: Reaper, track: Track, notes_only: bool) -> tuple[bool, str]:
    hashes = [MIDI_GetHash(r, t, notes_only)[1] for i in track.items for t in i.takes if t]
    return True, hashlib.md5("".join(hashes).encode()).hexdigest()


@api
def MIDI_GetScale(r: Reaper, take: Take) -> tuple[bool, int, int, str]:
    return False, 0, 0, ""


def _next_selected(flags: list[bool], index: int) -> int:
    return next((i for i in range(index + 1, len(flags)) if flags[i]), -1)


@api
def MIDI_EnumSelNotes(r: Reaper, take: Take, index: int) -> int:
    return _next_selected([n.selected for n in data_of(take).notes], index)


@api
def MIDI_EnumSelCC(r: Reaper, take: Take, index: int) -> int:
    return _next_selected([c.selected for c in data_of(take).ccs], index)


@api
def MIDI_EnumSelTextSysexEvts(r: Reaper, take: Take, index: int) -> int:
    return _next_selected([t.selected for t in data_of(take).texts], index)


@api
def MIDI_EnumSelEvts(r: Reaper, take: Take, index: int) -> int:
    return _next_selected([bool(e[1] & 1) for e in data_of(take).events()], index)


@api
def BR_GetMidiSourceLenPPQ(r: Reaper, take: Take) -> float:
    return data_of(take).end


@api
def MIDI_SetItemExtents(r: Reaper, item: Item, start_qn: float, end_qn: float) -> bool:
    take = item.active_take
    if take is None or take.source is None or take.source.midi is None or end_qn <= start_qn:
        return False
    project = owner(r, item.track)
    start, end = timeline.to_time(project, start_qn), timeline.to_time(project, end_qn)
    take.values["D_STARTOFFS"] += (start - item.start) * take.values["D_PLAYRATE"]
    item.values["D_POSITION"], item.values["D_LENGTH"] = start, end - start
    data = take.source.midi
    last = _qn_to_ppq(r, take, end_qn)
    take.source.midi = MidiData(data.notes, data.ccs, data.texts, max(data.end, last))
    return True


@api
def MIDI_GetRecentInputEvent(r: Reaper, index: int) -> tuple[int, bytes, int, int, float, int]:
    return 0, b"", 0, 0, 0.0, 0
