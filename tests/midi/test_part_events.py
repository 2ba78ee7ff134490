"""Events of a part in the order in which every writer plays them."""

from __future__ import annotations

import io

import mido
from hypothesis import given
from hypothesis import strategies as st

from bridge.midi.part_events import CONTROL, NOTE_OFF, NOTE_ON, bend_range, part_events, program_change
from bridge.midi.smf_track import (
    HEAD,
    TEXT,
    TRACK_NAME,
    Timed,
    meta_event,
    smf_file,
    smf_track,
    text_event,
)
from bridge.music.notes import Bend, Note
from tests.support import part_of


def _tick(time_s: float) -> int:
    return round(time_s * 100)


def test_a_key_is_let_go_before_its_sound_changes_and_before_it_is_struck_again() -> None:
    part = part_of("bass", [Note(0.0, 0.5, 40, 90), Note(0.5, 1.0, 40, 80)])
    setup = [(0, program_change(2, 33)), (50, program_change(2, 34))]
    assert part_events(part, 2, _tick, setup=setup, wheel=[(50, 8191)]) == [
        (0, CONTROL, bytes((0xC2, 33))),
        (0, NOTE_ON, bytes((0x92, 40, 90))),
        (50, NOTE_OFF, bytes((0x82, 40, 64))),
        (50, CONTROL, bytes((0xC2, 34))),
        (50, CONTROL, bytes((0xE2, 0x7F, 0x7F))),
        (50, NOTE_ON, bytes((0x92, 40, 80))),
        (100, NOTE_OFF, bytes((0x82, 40, 64))),
    ]


def test_the_wheel_has_fourteen_bits_with_its_rest_in_the_middle() -> None:
    events = part_events(part_of("bass"), 0, _tick, wheel=[(0, -8192), (1, 0), (2, 1)])
    assert [e.message for e in events] == [b"\xe0\x00\x00", b"\xe0\x00\x40", b"\xe0\x01\x40"]


def test_every_key_is_let_go_at_the_end_as_slowly_as_the_writer_wants() -> None:
    part = part_of("bass", [Note(0.0, 9.0, 40, 90), Note(2.0, 3.0, 41, 90)])
    assert [(e.tick, e.message) for e in part_events(part, 0, _tick, 200, release=0)] == [
        (0, b"\x90\x28\x5a"),
        (200, b"\x80\x28\x00"),
    ]


def test_only_a_part_that_bends_tells_its_range() -> None:
    assert bend_range(part_of("bass"), 0) == []
    messages = bend_range(part_of("bass", bends=[Bend(0.0, 1.0)]), 3)
    assert messages[:3] == [b"\xb3\x65\x00", b"\xb3\x64\x00", b"\xb3\x06\x0c"]


def _read(*tracks: bytes) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(smf_file(tracks, 480)), charset="utf-8")


def test_a_track_counts_from_event_to_event_and_lasts_to_its_end() -> None:
    events = part_events(part_of("bass", [Note(0.1, 0.5, 40, 90)]), 0, _tick)
    (track,) = _read(smf_track([*events, (0, HEAD, text_event(TRACK_NAME, "Bass"))], 80)).tracks
    assert [(m.type, m.time) for m in track] == [
        ("track_name", 0),
        ("note_on", 10),
        ("note_off", 40),
        ("end_of_track", 30),
    ]


TIMES = st.one_of(st.integers(0, 3), st.sampled_from([127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 1 << 27]))
KINDS = st.sampled_from(["note_on", "note_off", "control_change", "program_change", "pitchwheel", "set_tempo", "text"])


@given(st.lists(st.tuples(TIMES, KINDS, st.integers(0, 15)), max_size=30), st.one_of(st.none(), st.integers(0, 15)))
def test_a_file_is_what_midos_writer_makes_of_the_same_events(
    steps: list[tuple[int, str, int]], channel: int | None
) -> None:
    events: list[Timed] = []
    wanted, now = mido.MidiTrack(), 0
    for time, kind, own in steps:
        now += time
        if kind == "text":
            events.append((now, 0, text_event(TEXT, "Übung" * own)))
            wanted.append(mido.MetaMessage("text", text="Übung" * own, time=time))
        elif kind == "set_tempo":
            events.append((now, 0, meta_event("set_tempo", tempo=500_000 + own)))
            wanted.append(mido.MetaMessage("set_tempo", tempo=500_000 + own, time=time))
        else:
            events.append((now, 0, bytes(mido.Message(kind, channel=own).bytes())))
            wanted.append(mido.Message(kind, channel=own if channel is None else channel, time=time))
    wanted.append(mido.MetaMessage("end_of_track", time=5))
    file = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, charset="utf-8", tracks=[wanted]).save(file=file)
    assert smf_file([smf_track(events, now + 5, channel)], 480, layout=0) == file.getvalue()
