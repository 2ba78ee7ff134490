"""The .mid file that Ardour imports.

A track per region, ticks on the session's own tempo map.

Ardour is told to ignore the file's tempo (it would move the notes otherwise), takes ticks as they are, and
begins with the second track. Controllers at one tick lose their order in Ardour's model, so each gets a tick of
its own; between two wheel positions it draws a line, so one that is held is written again before it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mido

from bridge.hosts.ardour.session_position import PPQN, SessionPosition
from bridge.midi.part_events import BEND_RANGE_CONTROLS, note_on_off_ticks, to_14bit_bend
from bridge.music.notes import Bend
from bridge.music.parts import Part

KIT_BANK = 128
"""Bank in which soundfonts keep their kits: by its number ACE Fluid Synth finds the kit and Ardour its name."""
MAX_GLIDE_TICKS = PPQN // 32
"""Ticks: 16 ms at 120 BPM. Wheel positions further apart are held steps, nearer ones are a curve."""
_OFF, _CONTROL, _ON = range(3)
"""Order within a tick: a key is let go before it is struck again."""

Timed = tuple[int, int, mido.Message]
"""(tick, order within the tick, message)."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A part as a region plays it."""

    part: Part
    channel: int
    place: SessionPosition
    names_kits: bool = False
    """The instrument of drums looks for kits in :data:`KIT_BANK`. Any other is not told a bank, and no program where
    it is the standard kit, which Ardour would show as the piano of the same number."""
    is_silent: bool = False
    """The track has no instrument that a program could be for."""


def write_file(path: Path, voices: Iterable[Voice]) -> None:
    """Write a format 1 file with a track per voice after the first; an OSError where ``path`` cannot be written."""
    file = mido.MidiFile(type=1, ticks_per_beat=PPQN, charset="utf-8")
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("end_of_track", time=0)]))
    file.tracks += [_track(voice) for voice in voices]
    file.save(path)


def write_source(path: Path, voice: Voice) -> None:
    """Write the kind of file that a session keeps a region's notes in; an OSError where it cannot be written."""
    file = mido.MidiFile(type=0, ticks_per_beat=PPQN, charset="utf-8")
    file.tracks.append(_track(voice))
    file.save(path)


def _patch(voice: Voice) -> list[mido.Message]:
    """Return what tells the instrument its sound: bank and program."""
    part, channel = voice.part, voice.channel
    has_kit = part.is_drums and voice.names_kits
    if voice.is_silent or (part.is_drums and not part.program and not has_kit):
        return []
    # Read in this order, the bank becomes one with the program change, so that they may share its tick.
    bank = ((0, KIT_BANK >> 7), (32, KIT_BANK & 127)) if has_kit else ()
    chosen = [mido.Message("control_change", channel=channel, control=c, value=v) for c, v in bank]
    return [*chosen, mido.Message("program_change", channel=channel, program=part.program)]


def _events(voice: Voice) -> list[Timed]:
    part, channel, place = voice.part, voice.channel, voice.place
    events: list[Timed] = [(0, _CONTROL, message) for message in _patch(voice)]
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


def _track(voice: Voice) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=voice.part.name, time=0)])
    now, end = 0, voice.place.tick(voice.place.length_s)
    for tick, _, message in sorted(_events(voice), key=lambda e: e[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track
