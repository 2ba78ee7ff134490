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

from bridge.hosts.ardour.session_position import PPQN, SessionPosition
from bridge.midi.part_events import (
    Event,
    bend_range,
    control_changes,
    part_events,
    program_change,
    to_14bit_bend,
)
from bridge.midi.smf_track import HEAD, TRACK_NAME, smf_file, smf_track, text_event
from bridge.music.notes import Bend
from bridge.music.parts import Part

KIT_BANK = 128
"""Bank in which soundfonts keep their kits: by its number ACE Fluid Synth finds the kit and Ardour its name."""
RANGE_TICKS = 3
"""Messages of the bend range, a tick each: the parameter's number and its semitones."""
MAX_GLIDE_TICKS = PPQN // 32
"""Ticks: 16 ms at 120 BPM. Wheel positions further apart are held steps, nearer ones are a curve."""


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
    path.write_bytes(smf_file([smf_track((), 0), *map(_track, voices)], PPQN))


def write_source(path: Path, voice: Voice) -> None:
    """Write the kind of file that a session keeps a region's notes in; an OSError where it cannot be written."""
    path.write_bytes(smf_file([_track(voice)], PPQN, layout=0))


def _patch(voice: Voice) -> list[bytes]:
    """Return what tells the instrument its sound: bank and program."""
    part, channel = voice.part, voice.channel
    has_kit = part.is_drums and voice.names_kits
    if voice.is_silent or (part.is_drums and not part.program and not has_kit):
        return []
    # Read in this order, the bank becomes one with the program change, so that they may share its tick.
    bank = ((0, KIT_BANK >> 7), (32, KIT_BANK & 127)) if has_kit else ()
    return [*control_changes(channel, bank), program_change(channel, part.program)]


def _events(voice: Voice) -> list[Event]:
    part, channel, place = voice.part, voice.channel, voice.place
    setup = [*((0, message) for message in _patch(voice)), *enumerate(bend_range(part, channel)[:RANGE_TICKS])]
    end = place.tick(place.length_s)
    return part_events(part, channel, place.tick, end, setup=setup, wheel=_wheel(part.bends, place))


def _wheel(bends: Sequence[Bend], place: SessionPosition) -> list[tuple[int, int]]:
    moves: list[tuple[int, int]] = []
    last_tick, last = RANGE_TICKS, 0
    for bend in sorted(bends):
        tick = max(last_tick + bool(moves), place.tick(bend.time_s))
        position = to_14bit_bend(bend.semitones)
        if position == last and moves:
            continue
        if tick - last_tick > MAX_GLIDE_TICKS:
            moves.append((tick - 1, last))
        moves.append((tick, position))
        last_tick, last = tick, position
    return moves


def _track(voice: Voice) -> bytes:
    name = (0, HEAD, text_event(TRACK_NAME, voice.part.name))
    return smf_track([name, *_events(voice)], voice.place.tick(voice.place.length_s))
