"""``dawscribe report``: what is packed, and what is not."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from bridge.cli import main


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A result folder with notes, a stem and a link that leads out of it."""
    monkeypatch.setenv("HOME", str(tmp_path / "jane"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "result"
    (folder / "stems").mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps({"path": str(tmp_path / "jane" / "song.wav")}))
    (folder / "song.mid").write_bytes(b"MThd")
    (folder / "stems" / "bass.wav").write_bytes(b"RIFF")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    return folder


def names(pack: Path) -> list[str]:
    with zipfile.ZipFile(pack) as z:
        return sorted(z.namelist())


def test_it_packs_the_result_without_the_audio(
    result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(result)]) == 0
    pack = tmp_path / "dawscribe-result.zip"
    assert names(pack) == ["about.json", "result.json", "song.mid"]
    assert "without the audio" in capsys.readouterr().out


def test_what_else_lies_in_the_folder_is_the_users(
    result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (result / "parts" / "deeper").mkdir(parents=True)
    (result / "parts" / "Bass.mid").write_bytes(b"MThd")
    for name in ("tax.txt", "song.rpp", "letters/love.json", "parts/mine.txt", "parts/deeper/x.mid", "stems/mine.wav"):
        (result / name).parent.mkdir(exist_ok=True)
        (result / name).write_text("mine")
    assert main(["report", str(result), "-o", "r.zip", "--audio"]) == 0
    assert names(tmp_path / "r.zip") == ["about.json", "parts/Bass.mid", "result.json", "song.mid", "stems/bass.wav"]
    assert "r.zip: 5 files" in capsys.readouterr().out


def test_the_home_folder_is_not_told(result: Path, tmp_path: Path) -> None:
    main(["report", str(result), "-o", "r.zip"])
    with zipfile.ZipFile(tmp_path / "r.zip") as z:
        assert json.loads(z.read("result.json"))["path"] == "~/song.wav"


def test_the_audio_comes_along_on_request(result: Path, tmp_path: Path) -> None:
    main(["report", str(result), "-o", "r.zip", "--audio"])
    assert "stems/bass.wav" in names(tmp_path / "r.zip")


def test_it_overwrites_nothing(result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.zip").write_text("mine")
    assert main(["report", str(result), "-o", "r.zip"]) == 2
    assert "already exists" in capsys.readouterr().err
    assert (tmp_path / "r.zip").read_text() == "mine"


def test_an_unknown_job_is_a_sentence(
    result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAWSCRIBE_HOME", str(tmp_path / "home"))
    assert main(["report", "nothing"]) == 2
    assert "no jobs yet" in capsys.readouterr().err
    assert not (tmp_path / "dawscribe-nothing.zip").exists()
