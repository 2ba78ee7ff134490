"""The .dawproject writer: against Bitwig's own schema, and read back as an importer reads it."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import soundfile

from bridge.music.harmony import Chord, Section
from bridge.music.notes import Bend, Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import ItemResult
from tests.raising import raises_code
from tests.support import sine, track

SCHEMAS = Path(__file__).parents[1] / "data" / "dawproject"
"""Project.xsd and MetaData.xsd of github.com/bitwig/dawproject at ee4dcdd (MIT, its licence beside them)."""
TEMPO = TempoMap.from_points([TempoPoint(0.0, 97.3, 4), TempoPoint(2.0, 131.7, 3), TempoPoint(3.1, 80.0)])
DRUMS = track(
    "drums", "Drums", (Note(0.0, 0.1, 36, 127), Note(2.5, 2.6, 38, 80)), is_drums=True, pieces={36: "kick", 38: "snare"}
)
BASS = track(
    "bass", 'Bass "E" <low> \x07&', (Note(0.25, 2.75, 40, 96), Note(2.75, 9.0, 40, 90)),
    (Bend(0.3, 0.5), Bend(1.0, 0.0)), 33,
)  # fmt: skip


def _host(folder: Path, options: Mapping[str, Any] | None = None) -> Any:
    context = Context(lambda name: folder / name, folder, folder)
    return plugins.create("hosts", "dawproject", options or {}, context)


def _written(folder: Path, item: ItemResult, span: AudioSpan, options: Mapping[str, Any] | None = None) -> Project:
    return Project(_host(folder, options).write_project(item, span, folder / "out" / "song.dawproject"))


@functools.cache
def _schema(name: str) -> Any:
    # Here, for it takes a quarter of a second in every worker that only looks for tests.
    import xmlschema

    return xmlschema.XMLSchema(SCHEMAS / name)


class Project:
    """A .dawproject, checked as it is opened: the schema, and what a schema cannot say."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as box:
            assert box.testzip() is None
            self.files = {name: box.read(name) for name in box.namelist()}
        for name, schema in (("project.xml", "Project.xsd"), ("metadata.xml", "MetaData.xsd")):
            _schema(schema).validate(io.BytesIO(self.files[name]))
        self.root = ElementTree.fromstring(self.files["project.xml"])
        self._check()
        self.tracks = self.root.findall("Structure/Track")

    def _check(self) -> None:
        ids = [e.attrib["id"] for e in self.root.iter() if "id" in e.attrib]
        assert len(ids) == len(set(ids))
        for key in ("track", "destination", "parameter"):
            assert {e.attrib[key] for e in self.root.iter() if key in e.attrib} <= set(ids)
        assert {f.attrib["path"] for f in self.root.iter("File")} <= set(self.files)
        assert all("contentType" in t.attrib for t in self.root.iter("Track"))
        for clip in self.root.iter("Clip"):
            for note in clip.iter("Note"):
                assert float(note.attrib["time"]) >= 0
                assert float(note.attrib["duration"]) > 0
                assert 0 <= int(note.attrib["key"]) <= 127
                assert 0 < float(note.attrib["vel"]) <= 1
                end = float(note.attrib["time"]) + float(note.attrib["duration"])
                assert end <= float(clip.attrib["duration"]) + 1e-6

    def lane(self, name: str) -> ElementTree.Element:
        """The lane of the track called ``name``."""
        track = next(t for t in self.tracks if t.attrib["name"] == name)
        lanes = self.root.findall("Arrangement/Lanes/Lanes")
        return next(lane for lane in lanes if lane.attrib["track"] == track.attrib["id"])

    def seconds(self, beat: float) -> float:
        """The time of a beat by the tempo automation alone, held from point to point."""
        points = self.root.findall("Arrangement/TempoAutomation/RealPoint")
        assert {p.attrib["interpolation"] for p in points} == {"hold"}
        changes = [(float(p.attrib["time"]), float(p.attrib["value"])) for p in points]
        total = 0.0
        for number, (start, bpm) in enumerate(changes):
            end = changes[number + 1][0] if number + 1 < len(changes) else beat
            if beat > start:
                total += (min(beat, end) - start) * 60 / bpm
        return total

    def notes(self, name: str) -> list[tuple[float, float, int, int]]:
        """(onset, offset, key, velocity) in seconds; the clip's content begins at beat 0."""
        found = []
        for note in self.lane(name).findall("Clips/Clip/Notes/Note"):
            on = float(note.attrib["time"])
            off = on + float(note.attrib["duration"])
            velocity = round(float(note.attrib["vel"]) * 127)
            found.append((self.seconds(on), self.seconds(off), int(note.attrib["key"]), velocity))
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    wav, stem = sine(tmp_path / "my song.wav", seconds=5.0), sine(tmp_path / "bass.wav", seconds=4.0)
    item = ItemResult("my song", Score((DRUMS, BASS), 4.0, TEMPO), stems=(("bass", stem),))
    return _written(tmp_path, item, AudioSpan(wav, 0.5, 4.0))


def test_tracks_colours_and_muted_stems(project: Project) -> None:
    names = [t.attrib["name"] for t in project.tracks]
    assert names == ["my song", "Drums", 'Bass "E" <low>  &', "bass stem", "Master"]
    assert [t.attrib["contentType"] for t in project.tracks] == ["audio", "notes", "notes", "audio", "audio notes"]
    mutes = [t.find("Channel/Mute") for t in project.tracks]
    assert [m.attrib["value"] for m in mutes if m is not None] == ["false", "false", "false", "true", "false"]
    colours = [t.attrib.get("color", "") for t in project.tracks[:-1]]
    assert all(len(c) == 7 and c[0] == "#" for c in colours)
    assert colours[2] == colours[3], "a stem has its part's colour"
    assert len(set(colours)) == 3
    assert project.tracks[1].attrib["comment"] == "Drums: 36 kick, 38 snare"
    assert "range to 2 semitones" in project.tracks[2].attrib["comment"]


def test_notes_sound_where_they_were_heard(project: Project) -> None:
    drums = project.notes("Drums")
    assert [n[2:] for n in drums] == [(36, 127), (38, 80)]
    assert [n[:2] for n in drums] == [pytest.approx((0.0, 0.1), abs=1e-5), pytest.approx((2.5, 2.6), abs=1e-5)]
    bass = project.notes('Bass "E" <low>  &')
    assert [n[:2] for n in bass] == [pytest.approx((0.25, 2.75), abs=1e-5), pytest.approx((2.75, 4.0), abs=1e-5)]


def test_tempo_metre_and_what_cubase_needs(project: Project) -> None:
    tempo, metre = project.root.find("Transport/Tempo"), project.root.find("Transport/TimeSignature")
    assert tempo is not None
    assert metre is not None
    assert (tempo.attrib["value"], tempo.attrib["unit"]) == ("97.3", "bpm")
    assert (metre.attrib["numerator"], metre.attrib["denominator"]) == ("4", "4")
    metres = project.root.findall("Arrangement/TimeSignatureAutomation/TimeSignaturePoint")
    assert [m.attrib["numerator"] for m in metres] == ["4", "3"]
    assert project.seconds(float(metres[1].attrib["time"])) == pytest.approx(2.0, abs=1e-5)


def test_the_audio_is_not_stretched_and_begins_where_the_item_does(project: Project) -> None:
    clip = project.lane("my song").find("Clips/Clip")
    assert clip is not None
    assert (clip.attrib["playStart"], clip.attrib["playStop"]) == ("0.5", "4.5")
    assert clip.attrib["contentTimeUnit"] == "seconds"
    assert project.seconds(float(clip.attrib["duration"])) == pytest.approx(4.0, abs=1e-5)
    audio = clip.find("Audio")
    assert audio is not None
    assert audio.attrib["algorithm"] == "raw"
    assert soundfile.info(io.BytesIO(project.files["audio/song.wav"])).duration == 5.0


def test_bends_are_of_the_usual_range_where_they_fit(project: Project, tmp_path: Path) -> None:
    points = project.lane('Bass "E" <low>  &').findall("Points/RealPoint")
    assert [p.attrib["value"] for p in points] == ["0.5", "0.625", "0.5"]
    wide = track("vocals", "Vocals", (Note(0, 1, 60, 90),), (Bend(0.0, -6.0), Bend(0.5, 30.0)))
    other = _written(tmp_path, ItemResult("a", Score((wide,), 1.0)), AudioSpan(sine(tmp_path / "a.wav", seconds=1.0)))
    points = other.lane("Vocals").findall("Points/RealPoint")
    assert [p.attrib["value"] for p in points] == ["0.25", "1"]
    assert "range to 12 semitones" in other.tracks[1].attrib["comment"]


@pytest.mark.parametrize(
    ("name", "rate", "gain", "pick"),
    [
        ("a.flac", 44_100, 1.0, False), ("a.wav", 48_000, 1.0, False),
        ("a.wav", 44_100, 0.5, False), ("a.wav", 44_100, 1.0, True),
    ],
)  # fmt: skip
def test_other_audio_becomes_a_copy_that_every_daw_plays(
    name: str, rate: int, gain: float, pick: bool, tmp_path: Path
) -> None:
    audio = sine(tmp_path / name, rate=rate, seconds=3.0)
    span = AudioSpan(audio, 1.0, 1.5, gain, ((audio, 0), (audio, 1)) if pick else ())
    project = _written(tmp_path, ItemResult("a", Score((), 1.5)), span)
    found = soundfile.info(io.BytesIO(project.files["audio/song.wav"]))
    assert (found.samplerate, found.format) == (44_100, "WAV")
    assert found.duration == pytest.approx(1.5, abs=1e-3)
    data, _ = soundfile.read(io.BytesIO(project.files["audio/song.wav"]))
    assert abs(data).max() == pytest.approx(0.3 * gain, rel=0.02)
    clip = project.lane("a").find("Clips/Clip")
    assert clip is not None
    assert clip.attrib["playStart"] == "0"


def test_stems_may_be_left_out_and_the_same_result_makes_the_same_bytes(tmp_path: Path) -> None:
    wav = sine(tmp_path / "a.wav", seconds=1.0)
    item = ItemResult("a", Score((DRUMS,), 1.0), stems=(("drums", wav),))
    host = _host(tmp_path, {"stems": False})
    first = host.write_project(item, AudioSpan(wav), tmp_path / "1.dawproject")
    second = host.write_project(item, AudioSpan(wav), tmp_path / "2.dawproject")
    assert set(Project(first).files) == {"metadata.xml", "project.xml", "audio/song.wav"}
    assert first.read_bytes() == second.read_bytes()


def test_a_job_for_this_host_has_the_project_beside_its_result(tmp_path: Path) -> None:
    wav = sine(tmp_path / "a.wav", seconds=1.0)
    item = ItemResult("a", Score((DRUMS,), 1.0))
    for count in (1, 2):
        request = Request("some-id-1", "dawproject", (ItemRequest(AudioSpan(wav), "a"),) * count)
        assert _host(tmp_path).deliver([item] * count, request, tmp_path) == [item] * count
    assert {p.name for p in tmp_path.glob("*.dawproject")} == {
        "song.dawproject",
        "song 1.dawproject",
        "song 2.dawproject",
    }


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    host, target = _host(tmp_path), tmp_path / "out" / "a.dawproject"
    item = ItemResult("a", Score((), 1.0))
    with raises_code("file-unreadable"):
        host.write_project(item, AudioSpan(tmp_path / "gone.wav"), target)
    (tmp_path / "noise.wav").write_bytes(b"no sound at all" * 100)
    with raises_code("file-not-audio"):
        host.write_project(item, AudioSpan(tmp_path / "noise.wav"), target)
    assert list((tmp_path / "out").iterdir()) == []
    (tmp_path / "file").touch()
    with raises_code("project-unwritable"):
        host.write_project(item, AudioSpan(sine(tmp_path / "a.wav")), tmp_path / "file" / "a.dawproject")


def test_a_bad_target_is_refused_before_the_long_work(tmp_path: Path) -> None:
    wav, host = sine(tmp_path / "a.wav"), _host(tmp_path)
    host.check_project(tmp_path / "new.dawproject", wav)
    with raises_code("output-is-folder"):
        host.check_project(tmp_path, wav)
    with raises_code("output-over-audio"):
        host.check_project(wav, wav)


def test_sections_and_chords_are_markers_of_the_arrangement(tmp_path: Path) -> None:
    chords, sections = (Chord(0.0, 2.0, "Am"), Chord(2.0, 4.0, "F")), (Section(2.0, 4.0, "Chorus"),)
    item = ItemResult("a", Score((DRUMS,), 4.0, TEMPO, chords=chords, sections=sections))
    project = _written(tmp_path, item, AudioSpan(sine(tmp_path / "a.wav", seconds=4.0)))
    found = [(m.attrib["name"], m.attrib["time"]) for m in project.root.findall("Arrangement/Markers/Marker")]
    assert [f[0] for f in found] == ["Am", "Chorus", "F"]
    assert project.seconds(float(found[1][1])) == pytest.approx(2.0, abs=1e-5)
