"""Names that are not in UTF-8, as old disks and archives have them: a sentence at every door, and nothing half done."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.files import check_name, write_json
from tests.support import Home, sine

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
RAW = os.fsdecode(b"caf\xe9")
SAID = "is not a name in UTF-8"


def _raw(folder: Path, ending: str = "") -> Path:
    return folder / f"{RAW}{ending}"


def test_no_json_is_made_of_such_a_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=SAID) as error:
        write_json(tmp_path / "x.json", {"before": "a", "path": str(_raw(tmp_path)), "after": ["b"]})
    assert str(tmp_path / "caf\ufffd") in str(error.value)
    assert "before" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match=SAID):
        check_name(_raw(tmp_path))
    check_name(tmp_path / "café")


@pytest.mark.parametrize("words", [["status"], ["daemon", "--detach"], ["setup", "service"], ["doctor"]])
@pytest.mark.first_is_enough
def test_a_home_of_such_a_name_is_refused(home: Home, tmp_path: Path, words: list[str]) -> None:
    home.env["DAWSCRIBE_HOME"] = str(_raw(tmp_path))
    done = home.run(*words, check=False)
    assert done.returncode == 2
    assert SAID in done.stderr
    assert not _raw(tmp_path).exists()


def test_a_library_of_such_a_name_gets_no_half_script(home: Home, tmp_path: Path) -> None:
    _raw(tmp_path).mkdir()
    done = home.run("setup", "live", "--portable", _raw(tmp_path), check=False)
    assert done.returncode == 2
    assert SAID in done.stderr
    assert list(_raw(tmp_path).iterdir()) == []


@pytest.mark.slow
def test_a_watched_file_of_such_a_name_stops_no_other(home: Home, tmp_path: Path) -> None:
    for file in (sine(tmp_path / "z.wav").rename(_raw(tmp_path, ".wav")), sine(tmp_path / "take.wav")):
        os.utime(file, (time.time() - 60,) * 2)
    try:
        done = home.run("watch", tmp_path, "--once")
        assert SAID in done.stdout
        assert SAID in _raw(tmp_path, ".wav (not transcribed).txt").read_text()
        assert (tmp_path / "take (transcribed)" / "song.mid").exists()
        again = home.run("watch", tmp_path, "--once")
        assert SAID not in again.stdout
        refused = home.run("review", "--no-browser", _raw(tmp_path, ".wav"), check=False)
        assert refused.returncode == 2
        assert SAID in refused.stderr
    finally:
        home.run("stop")
