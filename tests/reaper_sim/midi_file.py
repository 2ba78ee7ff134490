"""A Standard MIDI File as one MIDI source."""

from __future__ import annotations

from pathlib import Path

import mido

from tests.reaper_sim.midi_events import PPQ, MidiData, collect


def read_midi_file(path: Path) -> MidiData:
    """All tracks merged, ticks scaled to REAPER's."""
    song = mido.MidiFile(path)
    scale = PPQ / song.ticks_per_beat
    events: list[tuple[float, int, bytes]] = []
    end = 0.0
    for track in song.tracks:
        tick = 0
        for message in track:
            tick += message.time
            end = max(end, tick * scale)
            if not message.is_meta:
                events.append((tick * scale, 0, bytes(message.bytes())))
    events.sort(key=lambda e: e[0])
    events.append((end, 0, b"\xb0\x7b\x00"))
    return collect(events)
