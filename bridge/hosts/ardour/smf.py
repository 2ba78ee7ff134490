"""The .mid file that Ardour imports: a track per region, ticks on the session's own tempo map.

Ardour is told to ignore the file's tempo (it would move the notes otherwise), takes ticks as they are, and
begins with the second track. Controllers at one tick lose their order in Ardour's model, so each gets a tick of
its own; between two wheel positions it draws a line, so one that is held is written again before it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import mido

from bridge.hosts.ardour.session_position import PPQN, SessionPosition
from bridge.midi.part_events import BEND_RANGE_CONTROLS, note_on_off_ticks, to_14bit_bend
from bridge.music.notes import Bend
from bridge.music.parts import Part

MAX_GLIDE_TICKS = PPQN // 32
"""Ticks: 16 ms at 120 BPM. Wheel positions further apart are held steps, nearer ones are a curve."""
_OFF, _CONTROL, _ON = range(3)
"""Order within a tick: a key is let go before it is struck again."""

Timed = tuple[int, int, mido.Message]
"""(tick, order within the tick, message)."""


def write_file(path: Path, regions: Iterable[tuple[Part, int, SessionPosition]]) -> None:
    """Write (part, MIDI channel, place) as one format 1 file; an OSError where ``path`` cannot be written."""
    file = mido.MidiFile(type=1, ticks_per_beat=PPQN, charset="utf-8")
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("end_of_track", time=0)]))
    for part, channel, place in regions:
        file.tracks.append(_track(part.name, _events(part, channel, place), place.tick(place.length_s)))
    file.save(path)


def write_source(path: Path, part: Part, channel: int, place: SessionPosition) -> None:
    """Write one part as the kind of file that a session keeps a region's notes in; an OSError where it cannot be."""
    file = mido.MidiFile(type=0, ticks_per_beat=PPQN, charset="utf-8")
    file.tracks.append(_track(part.name, _events(part, channel, place), place.tick(place.length_s)))
    file.save(path)


def _events(part: Part, channel: int, place: SessionPosition) -> list[Timed]:
    events: list[Timed] = []
    # Channel 10 begins with the standard kit; told its number, Ardour would show the piano of the same number.
    if part.program or not part.is_drums:
        events.append((0, _CONTROL, mido.Message("program_change", channel=channel, program=part.program)))
    if part.bends:
        for tick, (control, value) in enumerate(BEND_RANGE_CONTROLS[:3]):
            message = mido.Message("control_change", channel=channel, control=control, value=value)
            events.append((tick, _CONTROL, message))
        events += _wheel(part.bends, channel, place)
    for on, off, note in note_on_off_ticks(part.notes, place.tick, place.tick(place.length_s)):
        key = {"channel": channel, "note": note.pitch}
        events.append((on, _ON, mido.Message("note_on", velocity=note.velocity, **key)))
        events.append((off, _OFF, mido.Message("note_off", velocity=64, **key)))
    return events


def _wheel(bends: Sequence[Bend], channel: int, place: SessionPosition) -> list[Timed]:
    events: list[Timed] = []
    # After the bend range, which takes the first ticks.
    last_tick, last = 3, 0
    for bend in sorted(bends):
        tick = max(last_tick + bool(events), place.tick(bend.time_s))
        value = to_14bit_bend(bend.semitones)
        if value == last and events:
            continue
        if tick - last_tick > MAX_GLIDE_TICKS:
            events.append((tick - 1, _CONTROL, mido.Message("pitchwheel", channel=channel, pitch=last)))
        events.append((tick, _CONTROL, mido.Message("pitchwheel", channel=channel, pitch=value)))
        last_tick, last = tick, value
    return events


def _track(name: str, events: list[Timed], end: int) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name, time=0)])
    now = 0
    for tick, _, message in sorted(events, key=lambda e: e[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track
