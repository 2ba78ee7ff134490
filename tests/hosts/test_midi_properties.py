"""A MIDI file holds every score: what is read back is what was written, to a tick."""

from __future__ import annotations

import io

import mido
from hypothesis import given
from hypothesis import strategies as st

from bridge.hosts.midi_file import PPQ, to_midi
from bridge.music.notes import Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap
from tests.music.test_tempo_properties import tempo_maps
from tests.support import part_of


@st.composite
def lines(draw: st.DrawFn) -> list[Note]:
    """Notes of which no key sounds twice at a time, and none is shorter than a tick."""
    found, at_s = [], 0.0
    for gap_s, length_s, pitch, velocity in draw(
        st.lists(
            st.tuples(st.floats(0.0, 2.0), st.floats(0.05, 2.0), st.integers(0, 127), st.integers(1, 127)), max_size=12
        )
    ):
        found.append(Note(at_s + gap_s, at_s + gap_s + length_s, pitch, velocity))
        at_s += gap_s + length_s
    return found


@given(lines(), tempo_maps())
def test_notes_come_back_where_they_sound(line: list[Note], tempo: TempoMap) -> None:
    file = mido.MidiFile(file=io.BytesIO(to_midi(Score((part_of("other", line),), 60.0, tempo), "song")))
    changes: list[tuple[int, int]] = []
    now = 0
    for message in file.tracks[0]:
        now += message.time
        if message.type == "set_tempo":
            changes.append((now, message.tempo))

    def seconds(tick: int) -> float:
        total, last_tick, tempo_us = 0.0, 0, changes[0][1]
        for at, us in changes:
            if at > tick:
                break
            total, last_tick, tempo_us = total + (at - last_tick) * tempo_us / 1e6 / PPQ, at, us
        return float(total + (tick - last_tick) * tempo_us / 1e6 / PPQ)

    on: dict[int, tuple[float, int]] = {}
    read, now = [], 0
    for message in file.tracks[1]:
        now += message.time
        if message.type == "note_on":
            on[message.note] = seconds(now), message.velocity
        elif message.type == "note_off":
            onset_s, velocity = on.pop(message.note)
            read.append((onset_s, seconds(now), message.note, velocity))
    assert not on
    assert len(read) == len(line)
    for note, (onset_s, offset_s, pitch, velocity) in zip(line, sorted(read), strict=True):
        assert (pitch, velocity) == (note.pitch, note.velocity)
        # A tick at 30 BPM lasts 1.04 ms; half of one is lost at either end, and the rounding of tempi adds little.
        assert abs(onset_s - note.onset_s) < 0.0021
        assert abs(offset_s - note.offset_s) < 0.0021
