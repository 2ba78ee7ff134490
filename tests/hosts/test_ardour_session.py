"""A session made by the real ardour7-lua, read back from its files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.music.notes import Bend, Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult
from tests.e2e.ardour.session_file import Session
from tests.raising import raises_code
from tests.support import sine, track

NOTES = (Note(0.0, 0.5, 40, 90), Note(0.51234, 1.0, 43, 64), Note(1.6, 1.999, 45, 1))
SCORE = Score(
    (
        track("drums", "Drums", (Note(0.25, 0.3, 36, 127),), is_drums=True),
        track("bass", "Bass", NOTES, (Bend(0.0, 0.0), Bend(0.2, 1.0), Bend(0.5, 0.0)), program=33),
    ),
    2.0,
    TempoMap.from_points([TempoPoint(0.0, 90.0, 4), TempoPoint(4 / 3, 131.0)]),
)


def no_model(name: str) -> Path:
    raise AssertionError(name)


def host(home: Path) -> Any:
    return plugins.create("hosts", "ardour", {}, Context(no_model, home, home))


def write(tmp_path: Path, audio: Path, folder: Path) -> Path:
    written: Path = host(tmp_path).write_project(ItemResult("take", SCORE), AudioSpan(audio, 0.5, 2.0, 0.5), folder)
    return written


@pytest.mark.slow
@pytest.mark.daw
def test_a_session_with_audio_and_tracks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("ardour7-lua") is None:
        reason = "ardour7-lua is missing: 'sh install/check.sh' installs it"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    audio = sine(tmp_path / "song.wav", seconds=3.0, rate=48_000)
    file = write(tmp_path, audio, tmp_path / "sessions" / "demo")
    saved = Session(file.parent)
    assert saved.track_names == ["Master", "demo", "Drums (demo)", "Bass (demo)"]
    assert [round(t.start_bpm) for t in saved.tempos] == [90, 131]
    drums, bass = saved.regions()
    assert (drums.position_s, drums.length_s) == (0.0, 2.0)
    assert [(n.pitch, n.velocity, n.channel) for n in drums.notes] == [(36, 127, 9)]
    assert [(n.pitch, n.velocity, n.channel) for n in bass.notes] == [(40, 90, 0), (43, 64, 0), (45, 1, 0)]
    for got, wanted in zip(bass.notes, NOTES, strict=True):
        assert got.onset_s == pytest.approx(wanted.onset_s, abs=0.001)
        assert got.offset_s == pytest.approx(wanted.offset_s, abs=0.001)
    assert bass.programs == ((0, 33),)
    assert bass.bends >= 2
    assert all(len(r.plugins) == 1 and r.color for r in (drums, bass))
    (left,) = file.parent.glob("interchange/*/audiofiles/*%L.wav")
    got_audio, rate = soundfile.read(left)
    wanted_audio, _ = soundfile.read(audio, start=24_000, frames=96_000)
    assert rate == 48_000
    np.testing.assert_allclose(got_audio, wanted_audio[:, 0] * 0.5, atol=1e-6)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Lua shell that starts the session and fails."""
    program = tmp_path / "bin" / "ardour7-lua"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n/bin/mkdir -p {tmp_path}/new/interchange\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


@pytest.mark.usefixtures("shell")
def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    with raises_code("session-exists"):
        write(tmp_path, sine(tmp_path / "song.wav"), tmp_path)


@pytest.mark.usefixtures("shell")
def test_nothing_is_left_of_a_session_that_failed(tmp_path: Path) -> None:
    with raises_code("ardour-shell-failed"):
        write(tmp_path, sine(tmp_path / "song.wav"), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("name", ["take 1: loud", "a:b/take", "take\\1"])
def test_a_path_that_ardour_would_cut_is_refused(tmp_path: Path, name: str) -> None:
    """Ardour made such a session without its audio and said nothing."""
    with raises_code("session-path-impossible"):
        host(tmp_path).check_project(tmp_path / name, sine(tmp_path / "song.wav"))


@pytest.mark.usefixtures("shell")
def test_a_sample_rate_without_sessions_is_refused_before_the_work(tmp_path: Path) -> None:
    for rate in (11_025, 32_000, 44_100, 48_000, 96_000):
        host(tmp_path).check_project(tmp_path / "new", sine(tmp_path / f"{rate}.wav", rate=rate))
    with raises_code("session-rate-impossible"):
        host(tmp_path).check_project(tmp_path / "new", sine(tmp_path / "odd.wav", rate=37_800))


def test_without_ardour_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with raises_code("ardour-shell-missing"):
        host(tmp_path).check_project(tmp_path / "new", sine(tmp_path / "song.wav"))
