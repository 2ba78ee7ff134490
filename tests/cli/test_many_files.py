"""Long nights and odd starts: several files, no output, pipes, little memory, names that a terminal obeys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.files import find_program
from bridge.inference.load_errors import not_loaded
from bridge.models import sources
from tests.support import Home, sine

COMMAND = [sys.executable, "-m", "bridge", "transcribe"]


@pytest.fixture
def night(tmp_path: Path) -> list[Path]:
    """A good file, no audio, one that is not there, and another good one."""
    (tmp_path / "bad.wav").write_text("no audio")
    return [sine(tmp_path / "one.wav"), tmp_path / "bad.wav", tmp_path / "missing.wav", sine(tmp_path / "two.wav")]


def test_a_bad_file_stops_nothing_and_is_named_before_and_after(home: Home, night: list[Path], tmp_path: Path) -> None:
    done = home.run("transcribe", *night, "-o", tmp_path / "out", check=False)
    assert done.returncode == 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["one", "two"]
    assert (tmp_path / "out" / "two" / "song.mid").exists()
    lines = done.stderr.splitlines()
    told = [n for n, line in enumerate(lines) if "is left out" in line]
    assert len(told) == 2, done.stderr
    assert "bad.wav" in lines[told[0]]
    assert "missing.wav" in lines[told[1]]
    named = lines[lines.index("dawscribe: 2 of 4 files could not be transcribed:") + 1 :]
    assert [Path(line.split(": ")[0].strip()).name for line in named] == ["bad.wav", "missing.wav"]
    assert all(line.endswith(".") for line in named)
    assert "one: " in done.stdout
    assert "two: " in done.stdout


@pytest.mark.slow
def test_one_that_fails_on_the_way_stops_nothing_either(home: Home, night: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    # Its head is in order; its place is taken.
    (tmp_path / "out" / "one").write_text("mine")
    done = home.run("transcribe", night[0], night[3], "-o", tmp_path / "out", "--json", check=False)
    assert done.returncode == 2
    assert "one.wav: " in done.stderr
    assert [r["items"][0]["name"] for r in json.loads(done.stdout)] == ["two"]


@pytest.mark.slow
def test_a_single_bad_file_is_an_error_as_ever(home: Home, night: list[Path], tmp_path: Path) -> None:
    done = home.run("transcribe", night[1], "-o", tmp_path / "out", check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "bad.wav is not audio" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="shell redirections")
@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
@pytest.mark.first_is_enough
def test_without_an_output_the_work_is_done_in_silence(home: Home, wav: Path, tmp_path: Path, closed: str) -> None:
    words = " ".join(f"'{w}'" for w in [*COMMAND, str(wav), "-o", str(tmp_path / "out")])
    done = subprocess.run(["sh", "-c", f"{words} {closed}"], env=home.env, timeout=60, check=False)
    assert done.returncode == 0
    assert json.loads((tmp_path / "out" / "result.json").read_text())["items"][0]["parts"]


@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="this system has no such name")
def test_a_pipe_is_called_one(home: Home, wav: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "/dev/stdin", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, input=wav.read_bytes(), env=home.env, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"is a pipe or a device" in done.stderr


def test_a_name_tells_the_terminal_nothing(home: Home, tmp_path: Path) -> None:
    done = home.run("transcribe", tmp_path / "\x1b]0;title\x07a.wav", "-o", tmp_path / "out", check=False)
    assert done.returncode == 2
    assert not {"\x1b", "\x07"} & set(done.stderr)
    (home.folder / "logs").mkdir()
    (home.folder / "logs" / "daemon.log").write_text("refused '\x1b]0;title\x07'\n\tok\n")
    shown = home.run("logs").stdout
    assert "title" in shown
    assert "\tok\n" in shown
    assert not {"\x1b", "\x07"} & set(shown)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("std::bad_alloc"), "not enough memory"),
        (OSError(12, "Cannot allocate memory"), "not enough memory"),
        (RuntimeError("unknown opset"), "run 'dawscribe doctor'"),
    ],
)
def test_too_little_memory_is_called_so(error: Exception, said: str) -> None:
    assert said in str(not_loaded(Path("notes.onnx"), "CPU", error))


@pytest.mark.parametrize(
    "said",
    [
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError('HTTPSConnection(host=...",
        "npm error code ENOTFOUND\nnpm error network request failed",
        "ERROR: Could not find a version; [Errno -3] Temporary failure in name resolution",
    ],
)
def test_no_network_is_called_so(tmp_path: Path, said: str) -> None:
    (tmp_path / "stderr").write_text(said)
    assert sources._reason(tmp_path / "stderr") == "there is no connection to the internet"


@pytest.mark.parametrize("name", [b"a\xffb.rpp", b"a\nb.rpp", b"a\"'`b.rpp"])
@pytest.mark.first_is_enough
def test_a_project_whose_name_it_cannot_hold_is_refused_before_the_work(
    home: Home, wav: Path, tmp_path: Path, name: bytes
) -> None:
    project = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    done = home.run("transcribe", wav, "-o", tmp_path / "out", "--project", project, check=False)
    assert done.returncode == 2
    assert "cannot hold the name" in done.stderr
    assert not (tmp_path / "out").exists()


def test_no_program_of_the_current_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "npm").write_text("")
        (tmp_path / folder / "npm").chmod(0o755)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", str(tmp_path / "there")]))
    assert find_program("npm") == str(tmp_path / "there" / "npm")
    assert find_program("no-such-program") is None
