"""Odd names of files and projects: taken where the project holds the sound itself, refused where it names its path."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from bridge.music.notes import Note
from bridge.music.parts import Score
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult
from tests.raising import raises_code
from tests.support import Home, sine, track

NAMES = [b"a\nb", b"esc\x1b[31m", b"\"dq\" 'sq' `bt`", b"\xff\xfe", b"\xe2\x80\xae gnp", b"\xc2\x85"]
PLAIN = [b"<&>]]>", b'it\'s "quoted"', "Übung 日本".encode(), b"%s$(id)"]
ITEM = ItemResult("song", Score((track("bass", "Bass", (Note(0.0, 0.5, 40, 90),)),), 1.0))


def _named(folder: Path, name: bytes, suffix: str = "") -> Path:
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).with_suffix(suffix)


def _host(kind: str, folder: Path):  # type: ignore[no-untyped-def]
    return plugins.create("hosts", kind, {}, Context(lambda name: folder / name, folder, folder))


@pytest.mark.parametrize("name", NAMES)
def test_a_project_that_names_paths_refuses_what_it_cannot_spell(name: bytes, tmp_path: Path) -> None:
    plain = sine(tmp_path / "plain.wav", seconds=1.0)
    odd = _named(tmp_path, name, ".wav")
    odd.write_bytes(plain.read_bytes())
    reaper, target = _host("reaper", tmp_path), tmp_path / "out" / "song.rpp"
    for audio, stems, place in ((odd, (), target), (plain, (("bass", odd),), target), (plain, (), odd)):
        item = ItemResult(ITEM.name, ITEM.score, stems)
        with raises_code("project-name-impossible"):
            reaper.write_project(item, AudioSpan(audio), place.with_suffix(".rpp"))
    for audio, place in ((odd, target), (plain, odd.with_suffix(".rpp"))):
        with raises_code("project-name-impossible"):
            reaper.check_project(place, audio)
    assert not target.parent.exists()
    with raises_code("project-name-impossible"):
        _host("ardour", tmp_path).write_project(ITEM, AudioSpan(odd), tmp_path / "session")


@pytest.mark.parametrize("name", [*NAMES, *PLAIN])
def test_a_project_that_holds_its_sound_takes_any_name(name: bytes, tmp_path: Path) -> None:
    odd = _named(tmp_path, name, ".wav")
    odd.write_bytes(sine(tmp_path / "plain.wav", seconds=1.0).read_bytes())
    item = ItemResult(os.fsdecode(name), ITEM.score)
    made = _host("dawproject", tmp_path).write_project(item, AudioSpan(odd), _named(tmp_path, name, ".dawproject"))
    assert "audio/song.wav" in zipfile.ZipFile(made).namelist()
    score = _host("musicxml", tmp_path).write_project(item, AudioSpan(odd), _named(tmp_path, name, ".musicxml"))
    assert score.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_that_can_be_spelled_is_found_again(name: bytes, tmp_path: Path) -> None:
    odd = _named(tmp_path, name, ".wav")
    odd.write_bytes(sine(tmp_path / "plain.wav", seconds=1.0).read_bytes())
    made = _host("reaper", tmp_path).write_project(ITEM, AudioSpan(odd), tmp_path / "song.rpp")
    (line,) = [ln.strip() for ln in made.read_text(encoding="utf-8").splitlines() if ln.strip().startswith("FILE ")]
    quoted = line.removeprefix("FILE ")
    assert quoted[0] == quoted[-1]
    assert (made.parent / quoted[1:-1]).samefile(odd)


@pytest.mark.slow
def test_a_job_of_an_oddly_named_file_says_so_or_becomes_a_project(home: Home, tmp_path: Path) -> None:
    odd = tmp_path / "\"dq\" 'sq' `bt`.wav"
    odd.write_bytes(sine(tmp_path / "plain.wav", seconds=1.0).read_bytes())
    done = home.run("transcribe", odd, "-o", tmp_path / "1", "--project", tmp_path / "1" / "a.rpp", check=False)
    assert (done.returncode, "cannot hold the name" in done.stderr) == (2, True)
    home.run("transcribe", odd, "-o", tmp_path / "2", "--project", tmp_path / "2" / "a.dawproject")
    home.start()
    home.wait_end(home.submit(home.request("project-0001", odd)))
    done = home.run("show", "last", "--project", tmp_path / "b.rpp", check=False)
    assert (done.returncode, "cannot hold the name" in done.stderr) == (2, True)
    home.run("show", "last", "--project", tmp_path / "b.dawproject")
