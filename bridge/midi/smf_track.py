"""Encode events as a track of a Standard MIDI File."""

from __future__ import annotations

from collections.abc import Iterable

import mido

Timed = tuple[int, int, bytes | mido.MetaMessage]
"""(tick, rank among the events of one tick, message)."""
HEAD = -1
"""Rank of a track's names, before all that :mod:`bridge.midi.part_events` ranks."""


def smf_track(events: Iterable[Timed], end: int) -> mido.MidiTrack:
    """Return a track with the time between its events, closed at ``end`` or at the last event."""
    track, now = mido.MidiTrack(), 0
    for tick, _, event in sorted(events, key=lambda e: e[:2]):
        message = mido.Message.from_bytes(event) if isinstance(event, bytes) else event
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track
