"""A MIDI take's events: notes, channel messages and texts, and the byte string of MIDI_Get/SetAllEvts."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

PPQ = 960
"""REAPER's default for the preference 'ticks per quarter note'."""


@dataclass(frozen=True)
class MidiNote:
    """Positions in ticks from the source's start."""

    start: float
    end: float
    channel: int
    pitch: int
    velocity: int
    selected: bool = False
    muted: bool = False
    off_velocity: int = 0


@dataclass(frozen=True)
class MidiCC:
    """A channel message that is no note; ``status`` is its upper half (0xB0, 0xE0 ...)."""

    position: float
    status: int
    channel: int
    msg2: int
    msg3: int
    selected: bool = False
    muted: bool = False
    shape: int = 0
    tension: float = 0.0


@dataclass(frozen=True)
class MidiText:
    """A text (type 1..14), a notation event (15) or a sysex (-1), without its framing bytes."""

    position: float
    type: int
    data: bytes
    selected: bool = False
    muted: bool = False


@dataclass(frozen=True)
class MidiData:
    """One MIDI source. ``end`` is where its closing All-Notes-Off stands."""

    notes: tuple[MidiNote, ...] = ()
    ccs: tuple[MidiCC, ...] = ()
    texts: tuple[MidiText, ...] = ()
    end: float = 0.0

    def __deepcopy__(self, memo: dict[int, Any]) -> MidiData:
        return self  # frozen through and through: undo snapshots may share it

    def sorted(self) -> MidiData:
        """In time order, equal times as they were inserted."""
        return MidiData(
            tuple(sorted(self.notes, key=lambda n: n.start)),
            tuple(sorted(self.ccs, key=lambda c: c.position)),
            tuple(sorted(self.texts, key=lambda t: t.position)),
            self.end,
        )

    def events(self) -> list[tuple[float, int, bytes, float]]:
        """(tick, flags, message, tension) of all events in time order; note-offs stand first at their tick."""
        found: list[tuple[float, int, bytes, float]] = []
        for note in self.notes:
            flags = note.selected | note.muted << 1
            on = bytes((0x90 | note.channel, note.pitch, note.velocity))
            off = bytes((0x80 | note.channel, note.pitch, note.off_velocity))
            found += [(note.start, flags, on, 0.0), (note.end, flags, off, 0.0)]
        for cc in self.ccs:
            # Three bytes also where MIDI has two, as REAPER most probably gives them.
            message = bytes((cc.status | cc.channel, cc.msg2, cc.msg3))
            found.append((cc.position, cc.selected | cc.muted << 1 | cc.shape << 4, message, cc.tension))
        for text in self.texts:
            message = b"\xf0" + text.data + b"\xf7" if text.type < 0 else bytes((0xFF, text.type)) + text.data
            found.append((text.position, text.selected | text.muted << 1, message, 0.0))
        return sorted(found, key=lambda e: (round(e[0]), e[2][0] >> 4 != 8, e[2][0] >> 4 == 9))

    def pack(self) -> bytes:
        """The byte string of MIDI_GetAllEvts."""
        packed, last = [], 0
        end = (self.end, 0, b"\xb0\x7b\x00", 0.0)
        for tick, flags, message, tension in [*self.events(), end]:
            packed.append(struct.pack("<iBI", round(tick) - last, flags, len(message)) + message)
            last = round(tick)
            if flags >> 4 == 5:
                curve = b"\xff\x0fCCBZ \x00" + struct.pack("<f", tension)
                packed.append(struct.pack("<iBI", 0, 0, len(curve)) + curve)
        return b"".join(packed)


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    offset, tick = 0, 0
    while offset + 9 <= len(data):
        delta, flags, size = struct.unpack_from("<iBI", data, offset)
        offset += 9
        if offset + size > len(data):
            raise ValueError("a record is longer than the string")
        tick += delta
        yield tick, flags, data[offset : offset + size]
        offset += size
    if offset != len(data):
        raise ValueError("bytes are left after the last record")


def _text(tick: float, flags: int, message: bytes) -> MidiText:
    selected, muted = bool(flags & 1), bool(flags & 2)
    if message[0] == 0xFF:
        return MidiText(tick, message[1] if len(message) > 1 else 1, message[2:], selected, muted)
    return MidiText(tick, -1, message[1:].removesuffix(b"\xf7"), selected, muted)


class _Collector:
    """Pairs note-ons with their note-offs while the events pass."""

    def __init__(self) -> None:
        self.notes: list[MidiNote] = []
        self.ccs: list[MidiCC] = []
        self.texts: list[MidiText] = []
        self.sounding: dict[tuple[int, int], list[int]] = {}
        self.last = 0.0

    def add(self, tick: float, flags: int, message: bytes) -> None:
        self.last = max(self.last, tick)
        if not message or message[0] < 0x80:
            # REAPER drops what has no status byte.
            return
        status, channel = message[0] & 0xF0, message[0] & 0x0F
        if message.startswith(b"\xff\x0fCCBZ "):
            if self.ccs:
                tension = struct.unpack("<f", message[-4:])[0]
                self.ccs[-1] = replace(self.ccs[-1], tension=tension)
        elif status == 0xF0:
            self.texts.append(_text(tick, flags, message))
        elif status == 0x90 and message[2] > 0:
            self.sounding.setdefault((channel, message[1]), []).append(len(self.notes))
            note = MidiNote(tick, -1, channel, message[1], message[2], bool(flags & 1), bool(flags & 2))
            self.notes.append(note)
        elif status in (0x80, 0x90):
            waiting = self.sounding.get((channel, message[1]))
            if waiting:
                index = waiting.pop(0)
                self.notes[index] = replace(self.notes[index], end=tick, off_velocity=message[2])
        else:
            second = message[1] if len(message) > 1 else 0
            third = message[2] if len(message) > 2 else 0
            shape = flags >> 4
            cc = MidiCC(tick, status, channel, second, third, bool(flags & 1), bool(flags & 2), shape)
            self.ccs.append(cc)

    def finish(self, end: float) -> MidiData:
        notes = tuple(note if note.end >= 0 else replace(note, end=end) for note in self.notes)
        return MidiData(notes, tuple(self.ccs), tuple(self.texts), end)


def collect(events: list[tuple[float, int, bytes]]) -> MidiData:
    """Events in time order -> data; a closing All-Notes-Off marks the end, without one the last event does."""
    collector = _Collector()
    body, end = events, None
    if events and events[-1][2][1:2] == b"\x7b" and events[-1][2][0] & 0xF0 == 0xB0:
        body, end = events[:-1], events[-1][0]
    for tick, flags, message in sorted(body, key=lambda e: e[0]):
        collector.add(tick, flags, message)
    return collector.finish(collector.last if end is None else max(end, 0))


def unpack(data: bytes) -> MidiData:
    """The byte string of MIDI_SetAllEvts -> data.

    Raises:
        ValueError: the string is not a chain of whole records.
    """
    return collect([(float(tick), flags, message) for tick, flags, message in _records(data)])
