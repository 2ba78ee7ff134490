"""MusicXML: what a notation program reads back is what was heard, in bars that add up."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import pytest

from bridge.hosts.musicxml.document import melody_of, to_musicxml
from bridge.hosts.musicxml.host import MusicXml
from bridge.music.general_midi import instrument_of
from bridge.music.groove import Groove
from bridge.music.harmony import Chord, Key
from bridge.music.notes import Note
from bridge.music.parts import Part, Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult
from tests.raising import raises_code

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
TEMPO = TempoMap.constant(120.0)
MUSESCORE = shutil.which("mscore3") and shutil.which("xvfb-run")


def _part(stem: str, rows: list[tuple[float, float, int]]) -> Part:
    """A part with notes (beat, length in beats, pitch) at 120 BPM."""
    notes = tuple(Note(b / 2, (b + length) / 2, p, 90) for b, length, p in rows)
    return Part(stem, stem, instrument_of(stem), notes)


def _score(*parts: Part, length_s: float = 8.0) -> Score:
    chords = (Chord(0.0, 2.0, "Gm7", 0.9, 7, "min7", 7), Chord(2.0, 8.0, "Eb/G", 0.9, 3, "maj", 7))
    return Score(parts, length_s, TEMPO, keys=(Key(0.0, 8.0, 7, minor=True),), chords=chords)


def _read(data: bytes) -> Element:
    assert b"<!ENTITY" not in data
    return fromstring(data)


def _notes(part: Element) -> list[tuple[float, float, int]]:
    """(beat, beats, pitch) of all notes, ties joined, as a program plays them."""
    sounding: list[tuple[float, float, int]] = []
    start = 0.0
    for measure in part.iter("measure"):
        now, last, length = start, start, 0.0
        for element in measure:
            if element.tag == "backup":
                now -= float(element.findtext("duration") or 0) / 12
            if element.tag != "note":
                continue
            span = float(element.findtext("duration") or 0) / 12
            at = last if element.find("chord") is not None else now
            pitch = element.find("pitch")
            if pitch is not None:
                key = STEPS[pitch.findtext("step") or ""] + int(pitch.findtext("alter") or 0)
                key += 12 * (int(pitch.findtext("octave") or 0) + 1)
                if any(t.get("type") == "stop" for t in element.iter("tie")):
                    i = next(i for i, n in enumerate(sounding) if n[2] == key and abs(n[0] + n[1] - at) < 1e-6)
                    sounding[i] = (sounding[i][0], sounding[i][1] + span, key)
                else:
                    sounding.append((at, span, key))
            if element.find("chord") is None:
                last, now = now, now + span
                length = max(length, now - start)
        start += length
    return sorted(sounding)


def test_the_melody_comes_back_as_it_was_played() -> None:
    rows = [(0.0, 1.0, 67), (1.0, 0.5, 70), (1.5, 1.5, 74), (3.0, 3.0, 79), (6.0, 0.5, 78), (6.5, 1.5, 79)]
    root = _read(to_musicxml(_score(_part("vocals", rows)), "Song", [_part("vocals", rows)]))
    assert _notes(root.find("part") or root) == rows


def test_key_and_chords_stand_over_the_first_part_alone() -> None:
    parts = [_part("vocals", [(0.0, 4.0, 67)]), _part("bass", [(0.0, 4.0, 31)])]
    root = _read(to_musicxml(_score(*parts), "Song", parts))
    assert [f.text for f in root.iter("fifths")] == ["-2", "-2"]
    first, second = root.findall("part")
    places = ("root/root-step", "root/root-alter", "kind", "bass/bass-step")
    found = [tuple(h.findtext(place) for place in places) for h in first.iter("harmony")]
    assert found == [("G", None, "minor-seventh", None), ("E", "-1", "major", "G")]
    assert not list(second.iter("harmony"))
    assert second.findtext(".//clef/sign") == "F" and second.findtext(".//clef-octave-change") == "-1"


def test_a_piano_has_two_hands() -> None:
    rows = [(b / 2, 0.5, p) for b in range(16) for p in (40 + b % 3, 76 - b % 4)]
    part = _part("piano", rows)
    root = _read(to_musicxml(_score(part), "Song", [part]))
    assert root.findtext(".//staves") == "2"
    assert {n.findtext("staff") for n in root.iter("note") if n.find("pitch") is not None} == {"1", "2"}
    assert sorted(_notes(root.find("part") or root)) == sorted(rows)


def test_every_measure_adds_up_whatever_was_heard() -> None:
    rng = np.random.default_rng(6)
    for stem in ("piano", "drums", "vocals", "bass"):
        rows = [(float(rng.uniform(0, 30)), float(rng.uniform(0.05, 5)), int(rng.integers(30, 90))) for _ in range(120)]
        part = _part(stem, rows)
        root = _read(to_musicxml(_score(part, length_s=16.0), "x", [part]))
        for measure in root.iter("measure"):
            voices: dict[str | None, float] = {}
            for note in measure.iter("note"):
                if note.find("chord") is None:
                    voice = note.findtext("voice")
                    voices[voice] = voices.get(voice, 0.0) + float(note.findtext("duration") or 0)
            assert set(voices.values()) == {48.0}


def test_swing_is_read_straight_and_said() -> None:
    rows = [(b + p, 0.3, 60 + b) for b in range(8) for p in (0.0, 0.66)]
    score = replace(_score(_part("vocals", rows)), groove=Groove(0.66, onsets=64))
    root = _read(to_musicxml(score, "x", list(score.parts)))
    assert [round(b % 1, 2) for b, _, _ in _notes(root.find("part") or root)] == [0.0, 0.5] * 8
    assert root.findtext(".//words") == "Swing"


def test_a_title_is_text_and_nothing_else() -> None:
    part = _part("vocals", [(0.0, 1.0, 60)])
    title = "</work-title><script>&\x00\x1b]\N{BELL}"
    root = _read(to_musicxml(_score(part), title, [part]))
    assert (root.findtext("work/work-title") or "").startswith("</work-title><script>&")


def test_the_voice_is_the_melody_else_what_is_high_and_alone() -> None:
    chords = _part("piano", [(b, 1.0, p) for b in range(8) for p in (60, 64, 67)])
    tune = _part("other", [(float(b), 1.0, 72 + b % 5) for b in range(8)])
    voice = _part("vocals", [(float(b), 1.0, 62) for b in range(8)])
    assert melody_of(_score(chords, tune)) == tune
    assert melody_of(_score(chords, tune, voice)) == voice
    assert melody_of(_score()) is None


def test_both_files_are_written(tmp_path: Path) -> None:
    host = MusicXml(MusicXml.Options(), Context(Path, tmp_path, tmp_path))
    parts = (_part("vocals", [(0.0, 1.0, 60)]), _part("drums", [(0.0, 0.2, 36), (1.0, 0.2, 42)]))
    span = AudioSpan(tmp_path / "a.wav")
    target = host.write_project(ItemResult("Song", _score(*parts)), span, tmp_path / "song.musicxml")
    assert len(_read(target.read_bytes()).findall("part")) == 2
    assert len(_read((tmp_path / "song (lead sheet).musicxml").read_bytes()).findall("part")) == 1
    with raises_code("score-empty"):
        host.write_project(ItemResult("Song", _score()), span, tmp_path / "none.musicxml")
    (tmp_path / "folder.musicxml").mkdir()
    with raises_code("output-is-folder"):
        host.check_project(tmp_path / "folder.musicxml", tmp_path / "a.wav")


@pytest.mark.slow
@pytest.mark.skipif(not MUSESCORE, reason="needs MuseScore: apt install musescore3 xvfb")
def test_musescore_opens_it(tmp_path: Path) -> None:
    rows = [(b / 2, 0.5, 60 + b % 12) for b in range(16)]
    part = _part("vocals", rows)
    (tmp_path / "song.musicxml").write_bytes(to_musicxml(_score(part), "Song", [part]))
    command = ["xvfb-run", "-a", "mscore3", "-o", str(tmp_path / "back.mid"), str(tmp_path / "song.musicxml")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    import mido

    keys = [m.note for m in mido.MidiFile(tmp_path / "back.mid") if m.type == "note_on" and m.velocity]
    assert [k for k in keys if k >= 60][: len(rows)] == [p for _, _, p in rows]


def test_six_eight_is_written_in_dotted_quarters() -> None:
    tempo = TempoMap.from_points([TempoPoint(0.0, 90.0, 6, 8)])
    notes = tuple(Note(i / 3, (i + 0.9) / 3, 72, 90) for i in range(12))
    score = Score((Part("lead", "lead", instrument_of("other"), notes),), 4.0, tempo)
    root = _read(to_musicxml(score, "x", score.parts))
    assert (root.findtext(".//time/beats"), root.findtext(".//time/beat-type")) == ("6", "8")
    assert root.find(".//metronome/beat-unit-dot") is not None and root.findtext(".//metronome/per-minute") == "60"
    measure = root.find(".//measure")
    assert measure is not None and [n.findtext("type") for n in measure.iter("note")] == ["eighth"] * 6
    beams = [n.findtext("beam") for n in measure.iter("note")]
    assert beams == ["begin", "continue", "end", "begin", "continue", "end"]
