"""The .rpp writer, read back by the rpp package and by the simulated REAPER."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rpp

from bridge.hosts.reaper.project_file import library_name, write_project
from bridge.music.notes import Bend, Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult
from tests.audio.encoders import encode
from tests.raising import raises_code
from tests.reaper_sim import Reaper
from tests.reaper_sim.model import Project
from tests.reaper_sim.rpp_load import load
from tests.support import sine, track

TEMPO = TempoMap.from_points([TempoPoint(0.0, 97.3, 4), TempoPoint(2.0, 131.7, 3), TempoPoint(3.1, 80.0)])
DRUMS = track("drums", "Drums", (Note(0.0, 0.1, 36, 100), Note(2.5, 2.6, 38, 80)), is_drums=True)
BASS = track(
    "bass",
    "Bass \"E\" 'low'",
    (Note(0.25, 2.75, 40, 96), Note(2.75, 9.0, 40, 90)),
    (Bend(0.3, 0.5), Bend(1.0, 0.0)),
    33,
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    wav = sine(tmp_path / "my song.wav", seconds=5.0)
    (tmp_path / "stems").mkdir()
    stem = sine(tmp_path / "stems" / "bass.wav", seconds=4.0)
    item = ItemResult("my song", Score((DRUMS, BASS), 4.0, TEMPO), stems=(("bass", stem),))
    return load(write_project(item, AudioSpan(wav, 0.5, 4.0), tmp_path / "song.rpp"))


@pytest.mark.parametrize(("system", "ending"), [("win32", ".dll"), ("darwin", ".vst.dylib"), ("linux", ".vst.so")])
def test_plug_ins_are_named_as_this_systems_reaper_names_them(system: str, ending: str) -> None:
    assert library_name("reasynth", system) == f"reasynth{ending}"


def test_what_films_and_phones_record_is_read_by_the_video_decoder(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.m4a", "aac", np.sin(np.arange(44_100) / 20).astype(np.float32), 44_100)
    written = write_project(ItemResult("song", Score((), 1.0, TEMPO)), AudioSpan(path), tmp_path / "song.rpp")
    assert "<SOURCE VIDEO" in written.read_text()
    assert 'FILE "song.m4a"' in written.read_text()


def times(project: Project, index: int, folder: Path) -> list[tuple[float, float, int, int]]:
    reaper = Reaper(folder)
    reaper.open(project)
    take = project.tracks[index].items[0].takes[0]
    assert take is not None
    assert take.source is not None
    assert take.source.midi is not None
    where = [
        [reaper.call("MIDI_GetProjTimeFromPPQPos", take, tick)[0] for tick in (n.start, n.end)]
        for n in take.source.midi.notes
    ]
    return [(a, b, n.pitch, n.velocity) for (a, b), n in zip(where, take.source.midi.notes, strict=True)]


def test_tracks_folder_audio_stems_and_instruments(project: Project, tmp_path: Path) -> None:
    assert [(t.name, int(t.values["I_FOLDERDEPTH"])) for t in project.tracks] == [
        ("my song", 0), ("my song (transcribed)", 1), ("Drums", 0), (BASS.name, 0), ("bass stem", -1),
    ]  # fmt: skip
    song = project.tracks[0].items[0].takes[0]
    assert song is not None
    assert song.source is not None
    assert song.source.path == str(tmp_path / "my song.wav")
    assert song.values["D_STARTOFFS"] == 0.5
    assert [[fx.name for fx in t.fx] for t in project.tracks[2:4]] == [
        ["VSTi: ReaSynDr (Cockos) (4 out)"], ["VSTi: ReaSynth (Cockos)"],
    ]  # fmt: skip
    assert project.tracks[4].values["B_MUTE"] == 1


def test_notes_sound_where_they_were_heard_through_the_tempo_map(project: Project, tmp_path: Path) -> None:
    drums = times(project, 2, tmp_path)
    assert [n[2:] for n in drums] == [(36, 100), (38, 80)]
    assert [n[0] for n in drums] == pytest.approx([0.0, 2.5], abs=0.0005)
    bass = times(project, 3, tmp_path)
    assert [n[2:] for n in bass] == [(40, 96), (40, 90)]
    assert [x for n in bass for x in n[:2]] == pytest.approx([0.25, 2.75, 2.75, 4.0], abs=0.0005)


def test_the_tempo_map_is_the_scores(project: Project) -> None:
    assert [(m.time, m.bpm, m.numerator) for m in project.tempo] == [(0.0, 97.3, 4), (2.0, 131.7, 3), (3.1, 80.0, 0)]


def test_other_readers_understand_the_file(project: Project) -> None:
    read = rpp.loads(Path(project.path).read_text())
    assert len(read.findall("TRACK")) == 5
    assert [s.attrib[0] for s in read.findall(".//SOURCE")] == ["WAVE", "MIDI", "MIDI", "WAVE"]


def test_audio_that_cannot_be_read_is_the_users_to_know(tmp_path: Path) -> None:
    item = ItemResult("x", Score((DRUMS,), 4.0, TEMPO))
    with raises_code("audio-not-found"):
        write_project(item, AudioSpan(tmp_path / "no.wav"), tmp_path / "song.rpp")
