"""From the command to the finished tracks in Live: our script unmodified, the real daemon, the real models.

Live itself is the simulation of tests/live_sim. With DAWSCRIBE_PICTURE the Set is drawn to that file.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.live_sim import LiveProgram
from tests.live_sim.picture import draw
from tests.support import Home, read_json
from tests.transcribers import stored

DEMO = Path(__file__).parents[2] / "bridge" / "data" / "demo.ogg"
TOLERANCE_S = 0.001
"""What no ear can tell."""
ENGINES = """
[separation]
separator = "htdemucs"
[transcription]
drums = "drums"
bass = "notes"
vocals = "melody"
other = "notes"
"""
PATIENCE_TICKS = 60_000


@pytest.mark.model
@pytest.mark.slow
def test_the_demo_song_under_warp_markers_and_a_tempo(tmp_path: Path) -> None:
    stored.context(tmp_path, "htdemucs", "swift-f0")
    home = Home(tmp_path / "home", "[triggers.osc]\nenabled = false\n")
    (home.folder / "config.toml").write_text(ENGINES, encoding="utf-8")
    live = LiveProgram(home.folder)
    live.song.tempo = 104.0
    track = live.song._add_audio_track("Song")
    # The song is at 100 BPM; this take was pulled about: 100, 90, 115 and 100 BPM.
    markers = [(0.0, 0.0), (4.8, 8.0), (9.6, 15.2), (14.4, 24.4), (14.5, 24.4 + 1 / 6)]
    clip = live.audio_clip(track, DEMO, start=8.0, length=28.0, markers=markers)
    live.song.view.detail_clip = clip
    home.start()
    try:
        with live.running():
            live.command()
            ends = ("notes on", "dawscribe: the ")
            live.run(
                lambda: any(e in (live.messages or [""])[-1] for e in ends), ticks=PATIENCE_TICKS,
                between=lambda: time.sleep(0.05),
            )  # fmt: skip
            assert "notes on" in live.messages[-1], live.messages[-1]
            check(live, clip, home)
            if target := os.environ.get("DAWSCRIBE_PICTURE"):
                draw(live.song, Path(target), 4.0, 40.0)
    finally:
        home.kill()


def check(live: LiveProgram, clip: object, home: Home) -> None:
    """Every note of the result lies under its sound, and there is no other."""
    (job,) = (home.folder / "jobs").iterdir()
    item = read_json(job / "result.json")["items"][0]
    tracks = [t for t in live.song.tracks if t.has_midi_input]
    assert [t.name for t in tracks] == [f"{p['name']} (demo)" for p in item["parts"]]
    assert len(live.world.undo_steps) == 2, "the tempo that the test set, and one step of the script's"
    worst = 0.0
    for track, part in zip(tracks, item["parts"], strict=True):
        (midi,) = track.arrangement_clips
        notes = midi.get_notes_extended(0, 128, 0.0, 1e6)
        assert track.devices
        played = sorted((clip.source_second(8.0 + n.start_time + 1e-9), n.pitch, n.velocity) for n in notes)  # type: ignore[attr-defined]
        within = [n for n in part["notes"] if n[0] + item["live"]["start_s"] < clip._second_of_beat(28.0)]  # type: ignore[attr-defined]
        expected = sorted((n[0] + item["live"]["start_s"], n[2], n[3]) for n in within)
        assert len(played) == len(expected)
        for a, b in zip(played, expected, strict=True):
            assert a[1:] == b[1:]
            worst = max(worst, abs(a[0] - b[0]))
    print(f"worst difference {worst * 1000:.4f} ms over {sum(len(p['notes']) for p in item['parts'])} notes")
    assert worst < TOLERANCE_S
