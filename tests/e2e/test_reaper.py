"""From the action in REAPER to the finished tracks: our Lua unmodified, the real daemon, real processes and files.

REAPER itself is the simulation of tests/reaper_sim; with DAWSCRIBE_MODELS the models are the real ones.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rpp
import soundfile

from tests.reaper_sim import Reaper
from tests.reaper_sim.api_midi import MIDI_GetProjTimeFromPPQPos
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.demo import audio_item
from tests.reaper_sim.model import Project, TempoMarker, Track
from tests.reaper_sim.picture import draw
from tests.reaper_sim.rpp_file import save
from tests.support import Home, read_json, sine, wait_for

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[2] / "daw_scripts" / "reaper"
DEMO = Path(__file__).parents[2] / "bridge" / "data" / "demo.ogg"
POSITION_S = 3.5
TOLERANCE_S = 0.001
"""What no ear can tell; half a tick is 0.3 ms at 100 BPM."""
PATIENCE_S = 1500.0


@pytest.fixture
def studio(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reaper]:
    """A REAPER whose scripts start the daemon themselves; it ends with the test."""
    for key, value in home.env.items():
        monkeypatch.setenv(key, value)
    command = [sys.executable, "-m", "bridge", "daemon", "--detach"]
    (home.folder / "launcher.json").write_text(json.dumps({"command": command}))
    (tmp_path / "resources").mkdir()
    reaper = Reaper(tmp_path / "resources", extensions=())
    reaper.tick_s = 0.01
    project = Project(path=str(tmp_path / "song.rpp"))
    project.tracks = [new_track("Song"), new_track("Below")]
    project.tempo = [
        TempoMarker(time=0.0, bpm=100.0, numerator=4, denominator=4),
        TempoMarker(time=4.8, bpm=140.0),
        TempoMarker(time=7.2, bpm=80.0, numerator=3, denominator=4),
    ]
    reaper.open(project)
    with reaper.quitting():
        yield reaper
    for process in reaper.processes:
        process.wait()
    with suppress(ProcessLookupError):
        if pid := home.beat().get("pid"):
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda: not home.beat(), "the daemon's end")


def transcribe(reaper: Reaper, wav: Path, length_s: float) -> None:
    item = audio_item(reaper.project.tracks[0], wav, POSITION_S, length_s)
    item.values["B_UISEL"] = 1.0
    reaper.run(SCRIPTS / "dawscribe_Transcribe selected items.lua")
    reaper.idle(PATIENCE_S)
    assert reaper.messages == []
    assert reaper.violations == []
    assert reaper.warnings == []


def played(reaper: Reaper, track: Track) -> list[tuple[float, float, int, int]]:
    """A track's notes as a result has them: seconds from the item's start."""
    (item,) = track.items
    take = item.takes[0]
    assert take is not None
    assert take.source is not None
    assert take.source.midi is not None
    times = [
        [MIDI_GetProjTimeFromPPQPos(reaper, take, tick) - item.start for tick in (n.start, n.end)]
        for n in take.source.midi.notes
    ]
    return [(a, b, n.pitch, n.velocity) for (a, b), n in zip(times, take.source.midi.notes, strict=True)]


def check_tracks(reaper: Reaper, home: Home, length_s: float) -> list[dict[str, Any]]:
    """Every part of the result is a track with its notes in place; the parts."""
    (job,) = (home.folder / "jobs").iterdir()
    parts: list[dict[str, Any]] = read_json(job / "result.json")["items"][0]["parts"]
    tracks = reaper.project.tracks
    assert [t.name for t in tracks[2:-1]] == [p["name"] for p in parts]
    assert sum(int(t.values["I_FOLDERDEPTH"]) for t in tracks) == 0
    for track, part in zip(tracks[2:-1], parts, strict=True):
        assert track.fx, f"no instrument on {track.name}"
        (item,) = track.items
        assert item.start == POSITION_S
        assert item.length == pytest.approx(length_s)
        onsets = [n[0] for n in played(reaper, track)]
        expected = sorted({(round(row[0], 4), row[2]) for row in part["notes"] if row[0] < length_s - 0.002})
        assert len(onsets) == pytest.approx(len(expected), abs=1 + len(expected) * 0.02)
        errors = [min(abs(o - e) for o in onsets) for e, _ in expected]
        assert max(errors, default=0.0) < TOLERANCE_S
    return parts


def test_from_the_action_to_the_tracks_and_the_saved_project(studio: Reaper, home: Home, tmp_path: Path) -> None:
    transcribe(studio, sine(tmp_path / "take.wav", seconds=6.0), 5.0)
    parts = check_tracks(studio, home, 5.0)
    assert {p["role"] for p in parts} == {"drums", "bass", "vocals", "other"}
    assert studio.history(studio.project).names == ["Transcribe take"]
    saved = tmp_path / "result.rpp"
    save(studio.project, saved)
    project = rpp.loads(saved.read_text())
    assert len(project.findall("TRACK")) == len(studio.project.tracks)
    assert len(project.findall(".//ITEM")) == 1 + len(parts)


def test_two_presses_make_two_jobs_and_two_results(studio: Reaper, home: Home, tmp_path: Path) -> None:
    wav = sine(tmp_path / "take.wav", seconds=2.0)
    for _ in range(2):
        item = audio_item(studio.project.tracks[0], wav, POSITION_S, 2.0)
        studio.call("SelectAllMediaItems", 0, False)
        item.values["B_UISEL"] = 1.0
        studio.run(SCRIPTS / "dawscribe_Transcribe selected items.lua")
    studio.idle(PATIENCE_S)
    assert studio.messages == []
    assert [t.name for t in studio.project.tracks].count("take (transcribed)") == 2
    assert len(list((home.folder / "jobs").iterdir())) == 2


@pytest.mark.model
@pytest.mark.slow
def test_with_real_models(studio: Reaper, home: Home, tmp_path: Path) -> None:
    """Seven seconds of the demo song, one pass of the separator; DAWSCRIBE_PICTURE keeps the picture."""
    models = os.environ.get("DAWSCRIBE_MODELS", "")
    if not list(Path(models or "/nonexistent").glob("htdemucs*")):
        reason = "needs DAWSCRIBE_MODELS: a folder made by 'dawscribe models fetch'"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    (home.folder / "config.toml").write_text("[triggers.osc]\nenabled = false\n")
    sound, rate = soundfile.read(DEMO, frames=7 * 44100, always_2d=True)
    length_s = len(sound) / rate
    soundfile.write(tmp_path / "Demo song.wav", sound, rate, subtype="FLOAT")
    transcribe(studio, tmp_path / "Demo song.wav", length_s)
    parts = check_tracks(studio, home, length_s)
    assert sum(len(p["notes"]) for p in parts) > 40
    drums = next(t for t in studio.project.tracks if t.name == "Drums")
    assert {fx.name for fx in drums.fx} == {"VSTi: ReaSamplOmatic5000 (Cockos)"}
    for fx in drums.fx:
        shot, _ = soundfile.read(fx.config["FILE0"])
        # As loud as it would be at velocity 127, which a soft stroke never is.
        assert 0.001 < np.abs(shot).max() < 10.0
    if kept := os.environ.get("DAWSCRIBE_PICTURE"):
        draw(studio, Path(kept), 2.0, 12.5)
