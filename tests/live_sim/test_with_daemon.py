"""The simulated Live and the real daemon, with the fakes' ears: the whole way from the command to the tracks."""

from __future__ import annotations

import time

import pytest

from tests.live_sim import LiveProgram
from tests.support import Home, sine


def test_a_selected_clip_comes_back_as_tracks(home: Home) -> None:
    wav = sine(home.folder.parent / "take.wav", seconds=4.0)
    home.start()
    live = LiveProgram(home.folder)
    track = live.song._add_audio_track("Song")
    clip = live.audio_clip(track, wav, start=8.0, length=7.0, markers=[(0.0, 0.0), (2.0, 3.0), (4.0, 8.0), (4.1, 8.2)])
    live.song.view.detail_clip = clip
    with live.running():
        live.command(stems=["bass", "drums"])
        live.run(lambda: "notes on" in (live.messages or [""])[-1], ticks=3000, between=lambda: time.sleep(0.02))
        drums, bass = [t for t in live.song.tracks if t.has_midi_input]
        (midi,) = bass.arrangement_clips
        # The fake hears a note each half second of the file, from its start on.
        onsets = [clip.source_second(8.0 + n.start_time + 1e-9) for n in midi.get_notes_extended(0, 128, 0, 99)]
        span_s = clip._second_of_beat(7.0)
        step = span_s / int(span_s * 2)
        assert onsets == pytest.approx([i * step for i in range(int(span_s * 2))], abs=0.001)
        assert drums.devices[0].name == "909 Core Kit"
        (job,) = (home.folder / "jobs").iterdir()
        assert (job / "inserted").exists()
        assert (job / "song.mid").exists()
    shown = home.run("show", "last").stdout
    assert "take" in shown
