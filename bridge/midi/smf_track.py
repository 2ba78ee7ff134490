"""Encode events as tracks and files of the kind "Standard MIDI File".

Bytes are put together here as they are: a message object for every event took a third of a second more for a song.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

import mido

Timed = tuple[int, int, bytes]
"""(tick, rank among the events of one tick, message)."""
HEAD = -1
"""Rank of a track's names, before all that :mod:`bridge.midi.part_events` ranks."""
TEXT, TRACK_NAME, MARKER = 0x01, 0x03, 0x06
"""Types of the meta events that hold a text."""
META = 0xFF
"""First byte of what is no MIDI message and stands in files alone."""
SYSTEM = 0xF0
"""First byte from which on a message has no channel, and the next one must name its own kind again."""


def text_event(kind: int, text: str) -> bytes:
    """Return a meta event that holds a text, as UTF-8."""
    data = text.encode("utf-8")
    return bytes((META, kind)) + _length(len(data)) + data


def meta_event(kind: str, **fields: object) -> bytes:
    """Return a meta event of numbers, such as "set_tempo", as mido names it."""
    return bytes(mido.MetaMessage(kind, **fields).bytes())


def smf_track(events: Iterable[Timed], end: int, channel: int | None = None) -> bytes:
    """Return a track with the time between its events, closed at ``end`` or at the last event.

    Args:
        events: in any order.
        end: tick.
        channel: channel on which all is played, None where the events say it.
    """
    data, now, running = bytearray(), 0, 0
    for tick, _, event in sorted(events, key=lambda e: e[:2]):
        data += _length(tick - now)
        now, status = tick, event[0]
        if status >= SYSTEM:
            data += event
            running = 0
            continue
        if channel is not None:
            status = status & 0xF0 | channel
        if status != running:
            data.append(status)
            running = status
        data += event[1:]
    data += _length(max(0, end - now)) + bytes((META, 0x2F, 0))
    return bytes(data)


def smf_file(tracks: Sequence[bytes], ticks: int, layout: int = 1) -> bytes:
    """Return a file.

    Args:
        tracks: of :func:`smf_track`.
        ticks: a quarter note.
        layout: 0 for a single track, 1 for tracks that play together.
    """
    head = _chunk(b"MThd", struct.pack(">hhh", layout, len(tracks), ticks))
    return head + b"".join(_chunk(b"MTrk", track) for track in tracks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack(">L", len(data)) + data


def _length(number: int) -> bytes:
    """A number of any size: seven bits a byte, the highest first, all but the last marked."""
    if number < 0x80:
        return bytes((number,))
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
