"""The rules of the simulated Live itself: what the script is tested against must be as strict as the facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live_sim import LiveProgram
from tests.live_sim.clip import MidiNoteSpecification
from tests.support import sine


@pytest.fixture
def live(tmp_path: Path) -> LiveProgram:
    return LiveProgram(tmp_path)


def test_a_deleted_object_raises_and_equals_none(live: LiveProgram) -> None:
    track = live.song.create_midi_track(-1)
    live.song.delete_track(0)
    assert track == None  # noqa: E711  that is Live's own idiom
    with pytest.raises(RuntimeError, match="deleted"):
        _ = track.name


def test_steps_are_counted_and_taken_back(live: LiveProgram) -> None:
    live.song.create_midi_track(-1)
    live.song.begin_undo_step()
    track = live.song.create_midi_track(-1)
    track.name = "mine"
    live.song.end_undo_step()
    assert len(live.world.undo_steps) == 2
    live.song.undo()
    assert len(live.song.tracks) == 1
    live.song.begin_undo_step()
    live.song.end_undo_step()
    assert len(live.world.undo_steps) == 1, "an empty step leaves no trace"


def test_members_come_with_their_version(tmp_path: Path) -> None:
    for version, has in (((12, 3, 6), (True, True)), ((12, 2, 0), (True, False)), ((12, 1, 0), (False, False))):
        track = LiveProgram(tmp_path, version=version).song.create_midi_track(-1)
        assert (hasattr(track, "create_midi_clip"), hasattr(track, "insert_device")) == has


def test_what_live_refuses(live: LiveProgram) -> None:
    track = live.song.create_midi_track(-1)
    with pytest.raises(RuntimeError):
        track.create_midi_clip(-1.0, 4.0)
    track._frozen = True
    with pytest.raises(RuntimeError):
        track.create_midi_clip(0.0, 4.0)
    track._frozen = False
    with pytest.raises(RuntimeError):
        track.insert_device("Serum")
    clip = track.create_midi_clip(0.0, 4.0)
    with pytest.raises(RuntimeError):
        clip.add_new_notes([MidiNoteSpecification(128, 0.0, 1.0)])
    with pytest.raises(RuntimeError):
        clip.loop_start = 9.0
    with pytest.raises(AttributeError):
        clip.start_time = 3.0


def test_a_loop_plays_where_arithmetic_says(live: LiveProgram, tmp_path: Path) -> None:
    track = live.song._add_audio_track("Song")
    clip = live.audio_clip(track, sine(tmp_path / "a.wav", seconds=8.0), start=4.0, length=8.0, bpm=60.0)
    clip._looping, clip._start_marker, clip._loop_start, clip._loop_end = True, 1.0, 2.0, 4.0
    played = [clip.source_second(b) for b in (4.0, 6.5, 7.0, 8.5, 9.0, 11.0)]
    assert played == pytest.approx([1.0, 3.5, 2.0, 3.5, 2.0, 2.0])
    assert clip.source_second(12.0) is None
