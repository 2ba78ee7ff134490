"""Projects of a job folder that a stranger made: it is refused, or a project comes out that holds nothing else."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.app import application
from bridge.cli.project_files import write_project
from bridge.review.exports import exported
from bridge.score.edits import sheet_of
from bridge.spool.request import AudioSpan, ItemRequest, Request
from tests.hosts.test_dawproject import Project
from tests.raising import raises_code
from tests.support import sine

SECRET = "a stranger's business"


def _item(**changes: Any) -> dict[str, Any]:
    part = {
        "id": "drums", "stem": "drums", "role": "drums", "name": "Drums", "is_drums": True, "program": 0,
        "instrument": {"name": "Drums", "program": 0, "family": "drums", "is_drums": True},
        "notes": [[0.1, 0.2, 36, 90, 1.0]], "bends": [], "candidates": [], "pieces": {"36": "kick"},
    }  # fmt: skip
    item = {
        "name": "song", "length_s": 2.0, "warnings": [], "stems": [], "chords": [], "keys": [], "parts": [part],
        "tempo": {"confident": True, "points": [{"time_s": 0.0, "bpm": 120.0, "beats_per_bar": 4}]},
        "sections": [{"onset_s": 0.0, "offset_s": 2.0, "name": "A"}],
    }  # fmt: skip
    item.update({k: v for k, v in changes.items() if k in item})
    part.update({k: v for k, v in changes.items() if k not in item})
    return item


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a project of an item, as ``dawscribe show JOB --project`` does."""
    monkeypatch.setenv("DAWSCRIBE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "job"
    (folder / "stems").mkdir(parents=True)
    sine(folder / "stems" / "bass.wav", seconds=2.0)
    (tmp_path / "secret").write_text(SECRET)
    (folder / "link.wav").symlink_to(tmp_path / "secret")
    song = AudioSpan(sine(tmp_path / "song.wav", seconds=2.0))
    asked = Request("strange-0001", "midi_file", (ItemRequest(song, "song"),))

    app = application()

    def written(item: dict[str, Any], suffix: str = ".dawproject") -> Path:
        result = json.loads(json.dumps({"items": [item]}))
        return write_project(app, result, asked, folder, tmp_path / "out" / f"song{suffix}")

    return written


def _named(path: str, role: str = "bass") -> dict[str, Any]:
    return _item(stems=[{"role": role, "path": path}])


@pytest.mark.parametrize("suffix", [".dawproject", ".rpp"])
def test_no_file_from_elsewhere_comes_into_a_project(suffix: str, write: Callable[..., Path], tmp_path: Path) -> None:
    for path in (f"{tmp_path}/secret", "../secret", "stems/../../secret", "link.wav", "stems", "", "a\0b"):
        write(_named(path), suffix)
        for file in (tmp_path / "out").rglob("*"):
            data = file.read_bytes() if file.is_file() else b""
            assert SECRET.encode() not in data, path
            assert b"secret" not in data, path
        shutil.rmtree(tmp_path / "out")


@pytest.mark.parametrize(
    ("role", "kept"),
    [("bass", True), ("song", True), ("../../x", False), ("a\x01b\\c", False), ("", False), (7, False)],
)
def test_a_role_is_a_plain_word(role: str, kept: bool, write: Callable[..., Path]) -> None:
    files = Project(write(_named("stems/bass.wav", role))).files
    assert [name for name in files if name.endswith(".wav")] == ["audio/song.wav"] + [f"stems/1_{role}.wav"] * kept


def test_a_role_that_comes_twice_is_one_stem_and_one_that_is_no_sound_is_said(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    stem = {"role": "bass", "path": "stems/bass.wav"}
    with zipfile.ZipFile(write(_item(stems=[stem, stem]))) as box:
        assert len(box.namelist()) == len(set(box.namelist())) == 4
    (tmp_path / "job" / "stems" / "bass.wav").write_text("no sound")
    with raises_code("stem-unreadable"):
        write(_item(stems=[stem]))


@pytest.mark.parametrize("text", ["\x01", "\uffff", "\ud800", "a\nb", "]]>", '"<&>'])
def test_texts_of_any_kind_make_a_valid_project(text: str, write: Callable[..., Path]) -> None:
    chord: dict[str, Any] = {"onset_s": -0.5, "offset_s": 2.0, "symbol": text}
    item = _item(pieces={"36": text}, name=f"song {text}", chords=[chord])
    item["sections"][0]["name"] = text
    marks = Project(write(item)).root.findall("Arrangement/Markers/Marker")
    assert [m.attrib["time"] for m in marks] == ["0", "0"]


NAN, INF = float("nan"), float("inf")
NONSENSE: list[dict[str, Any]] = [
    *({"length_s": v} for v in (0, -1, 1e12, NAN, INF, "x", None)),
    *({"bpm": v} for v in (0, -5, 1e-9, 1e12, NAN, INF, "x")),
    *({"beats_per_bar": v} for v in (0, -1, 10**9, 2.5, "4")),
    *({"notes": [row]} for row in ([0, 1e9, 40, 90], [1e300, 2e300, 40, 90], [NAN, 1, 40, 9], [0, 1, 200, 90], [0, 1])),
    *({"bends": [row]} for row in ([-5, 1], [1e300, 1], [NAN, 0], [1, NAN], [0, 1e9], ["a", 1], [1])),
    *({"sections": [{"onset_s": v, "offset_s": 1, "name": "A"}]} for v in ("x", NAN, INF, 1e300, None)),
    *({"sections": [{"onset_s": 0, "offset_s": 1, "name": v}]} for v in (5, None)),
    *({"chords": [{"onset_s": 0, "offset_s": 1, "symbol": v}]} for v in (5, None)),
    {"tempo": {"confident": True, "points": []}}, {"parts": [5]}, {"stems": 5}, {"stems": [5], "parts": None},
]  # fmt: skip


def test_a_result_that_no_song_has_is_damaged(write: Callable[..., Path], tmp_path: Path) -> None:
    for change in NONSENSE:
        of_tempo = {k: v for k, v in change.items() if k in ("bpm", "beats_per_bar")}
        item = _item(**{k: v for k, v in change.items() if k not in of_tempo})
        if of_tempo:
            item["tempo"]["points"][0].update(of_tempo)
        with raises_code("result-damaged"):
            write(item)
    assert not (tmp_path / "out").exists()


def test_the_page_hands_out_no_file_from_elsewhere(write: Callable[..., Path], tmp_path: Path) -> None:
    del write
    item = _named(str(tmp_path / "secret"))
    app = application()
    span = AudioSpan(tmp_path / "song.wav")
    file = exported("dawproject", item, sheet_of(item), None, span, tmp_path / "job", app.context)
    assert SECRET.encode() not in file.data
