"""Changing MIDI takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.reaper_sim.api_midi import data_of, store
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.midi_events import MidiCC, MidiData, MidiNote, MidiText, collect
from tests.reaper_sim.model import Take
from tests.reaper_sim.registry import alias, api, constant

constant(None, "MIDI_RefreshEditors")


def _byte(value: int, limit: int = 127) -> int:
    return max(0, min(limit, value))


@api
def MIDI_InsertNote(
    r: Reaper, take: Take, selected: bool, muted: bool, start: float, end: float, channel: int, pitch: int,
    velocity: int, no_sort: bool | None,
) -> bool:  # fmt: skip
    data = data_of(take)
    note = MidiNote(start, end, channel & 15, _byte(pitch), max(1, _byte(velocity)), selected, muted)
    data = replace(data, notes=(*data.notes, note), end=max(data.end, end))
    store(take, data if no_sort else data.sorted())
    return True


@api
def MIDI_InsertCC(
    r: Reaper, take: Take, selected: bool, muted: bool, ppq: float, status: int, channel: int, msg2: int,
    msg3: int,
) -> bool:  # fmt: skip
    data = data_of(take)
    cc = MidiCC(ppq, status & 0xF0, channel & 15, _byte(msg2), _byte(msg3), selected, muted)
    store(take, replace(data, ccs=(*data.ccs, cc), end=max(data.end, ppq)).sorted())
    return True


@api
def MIDI_InsertTextSysexEvt(
    r: Reaper, take: Take, selected: bool, muted: bool, ppq: float, kind: int, text: str
) -> bool:
    data = data_of(take)
    event = MidiText(ppq, kind, text.encode("utf-8", "surrogateescape"), selected, muted)
    store(take, replace(data, texts=(*data.texts, event), end=max(data.end, ppq)).sorted())
    return True


@api
def MIDI_InsertEvt(r: Reaper, take: Take, selected: bool, muted: bool, ppq: float, message: str) -> bool:
    raw = message.encode("utf-8", "surrogateescape")
    events = [(e[0], e[1], e[2]) for e in data_of(take).events()]
    events.append((ppq, selected | muted << 1, raw))
    end = max(data_of(take).end, ppq)
    store(take, collect([*sorted(events, key=lambda e: e[0]), (end, 0, b"\xb0\x7b\x00")]))
    return True


def _changed(old: Any, given: dict[str, Any]) -> Any:
    return replace(old, **{k: v for k, v in given.items() if v is not None})


def _with_rows(data: MidiData, kind: str, rows: list[Any]) -> MidiData:
    changes: dict[str, Any] = {kind: tuple(rows)}
    return replace(data, **changes)


def _put(take: Take, kind: str, index: int, given: dict[str, Any], no_sort: bool | None) -> bool:
    data = data_of(take)
    rows = list(getattr(data, kind))
    if not 0 <= index < len(rows):
        return False
    rows[index] = _changed(rows[index], given)
    data = _with_rows(data, kind, rows)
    store(take, data if no_sort else data.sorted())
    return True


@api
def MIDI_SetNote(
    r: Reaper, take: Take, index: int, selected: bool | None, muted: bool | None, start: float | None,
    end: float | None, channel: int | None, pitch: int | None, velocity: int | None, no_sort: bool | None,
) -> bool:  # fmt: skip
    given = {"selected": selected, "muted": muted, "start": start, "end": end, "channel": channel,
             "pitch": pitch, "velocity": velocity}  # fmt: skip
    return _put(take, "notes", index, given, no_sort)


@api
def MIDI_SetCC(
    r: Reaper, take: Take, index: int, selected: bool | None, muted: bool | None, ppq: float | None,
    status: int | None, channel: int | None, msg2: int | None, msg3: int | None, no_sort: bool | None,
) -> bool:  # fmt: skip
    given = {"selected": selected, "muted": muted, "position": ppq, "status": status, "channel": channel,
             "msg2": msg2, "msg3": msg3}  # fmt: skip
    return _put(take, "ccs", index, given, no_sort)


@api
def MIDI_SetCCShape(r: Reaper, take: Take, index: int, shape: int, tension: float, no_sort: bool | None) -> bool:
    return _put(take, "ccs", index, {"shape": shape, "tension": tension}, no_sort)


@api
def MIDI_SetTextSysexEvt(
    r: Reaper, take: Take, index: int, selected: bool | None, muted: bool | None, ppq: float | None,
    kind: int | None, text: str | None, no_sort: bool | None,
) -> bool:  # fmt: skip
    data = None if text is None else text.encode("utf-8", "surrogateescape")
    given = {"selected": selected, "muted": muted, "position": ppq, "type": kind, "data": data}
    return _put(take, "texts", index, given, no_sort)


@api
def MIDI_SetEvt(
    r: Reaper, take: Take, index: int, selected: bool | None, muted: bool | None, ppq: float | None,
    message: str | None, no_sort: bool | None,
) -> bool:  # fmt: skip
    events = [(e[0], e[1], e[2]) for e in data_of(take).events()]
    if not 0 <= index < len(events):
        return False
    tick, flags, raw = events[index]
    flags = flags if selected is None else flags & ~1 | selected
    flags = flags if muted is None else flags & ~2 | muted << 1
    raw = raw if message is None else message.encode("utf-8", "surrogateescape")
    events[index] = (tick if ppq is None else ppq, flags, raw)
    end = data_of(take).end
    store(take, collect([*sorted(events, key=lambda e: e[0]), (end, 0, b"\xb0\x7b\x00")]))
    return True


def _drop(kind: str) -> Any:
    def delete(r: Reaper, take: Take, index: int) -> bool:
        data = data_of(take)
        rows = list(getattr(data, kind))
        if not 0 <= index < len(rows):
            return False
        del rows[index]
        store(take, _with_rows(data, kind, rows))
        return True

    return delete


alias("MIDI_DeleteNote", _drop("notes"))
alias("MIDI_DeleteCC", _drop("ccs"))
alias("MIDI_DeleteTextSysexEvt", _drop("texts"))


@api
def MIDI_DeleteEvt(r: Reaper, take: Take, index: int) -> bool:
    events = [(e[0], e[1], e[2]) for e in data_of(take).events()]
    if not 0 <= index < len(events):
        return False
    del events[index]
    store(take, collect([*events, (data_of(take).end, 0, b"\xb0\x7b\x00")]))
    return True


@api
def MIDI_Sort(r: Reaper, take: Take) -> None:
    store(take, data_of(take).sorted())


@api
def MIDI_DisableSort(r: Reaper, take: Take) -> None:
    return None


@api
def MIDI_SelectAll(r: Reaper, take: Take, select: bool) -> None:
    data = data_of(take)
    if take.source is None or take.source.midi is None:
        return
    store(
        take,
        MidiData(
            tuple(replace(n, selected=select) for n in data.notes),
            tuple(replace(c, selected=select) for c in data.ccs),
            tuple(replace(t, selected=select) for t in data.texts),
            data.end,
        ),
    )
