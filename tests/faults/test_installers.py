"""The installers take away nothing that they have not brought, and write through nobody's link."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.install.test_scripts import Place, one_sentence, place

__all__ = ["place"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")


def song(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "song.txt").write_text("mine")
    return folder / "song.txt"


@pytest.mark.parametrize("name", ["song.txt", ".hidden", "..odd"])
def test_an_environment_is_never_made_in_a_folder_of_the_users(place: Place, name: str) -> None:
    mine = song(place.root / "my songs").rename(place.root / "my songs" / name)
    place.environment["DAWSCRIBE_VENV"] = str(mine.parent)
    one_sentence(place.run("try.sh"), "name an empty or a new folder")
    assert mine.read_text() == "mine"
    assert not any("-m venv" in call for call in place.calls)


def test_an_empty_folder_and_a_broken_environment_will_do(place: Place) -> None:
    for made in (place.root / "empty", place.root / "broken"):
        made.mkdir()
        if made.name == "broken":
            (made / "pyvenv.cfg").touch()
        place.environment["DAWSCRIBE_VENV"] = str(made)
        result = place.run("try.sh")
        assert result.returncode == 0, result.stderr
        assert (made / "bin" / "python").exists()


@pytest.mark.parametrize("part", ["app", "env"])
def test_uninstalling_where_nothing_was_installed_takes_nothing(place: Place, part: str) -> None:
    home = place.root / "my home"
    mine = song(home / part)
    place.environment["DAWSCRIBE_HOME"] = str(home)
    one_sentence(place.run("install.sh", "--uninstall"), "stays")
    assert mine.read_text() == "mine"


def test_installing_over_a_folder_of_the_users_takes_nothing(place: Place) -> None:
    mine = song(place.root / "my home" / "app" / "bridge")
    place.environment["DAWSCRIBE_HOME"] = str(place.root / "my home")
    one_sentence(place.run("install.sh"), "a folder of its own")
    assert mine.read_text() == "mine"


def test_another_command_of_that_name_stays(place: Place) -> None:
    command = place.root / "user" / ".local" / "bin" / "dawscribe"
    command.parent.mkdir(parents=True)
    command.write_text("another program")
    result = place.run("install.sh")
    assert result.returncode == 0
    assert "by its full name" in result.stderr
    assert place.run("install.sh", "--uninstall").returncode == 0
    assert command.read_text() == "another program"


def test_the_log_goes_through_no_link_and_is_the_users_alone(place: Place, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for number in range(9):
        # The name has the process's number, which nobody knows before; the old one was known to all.
        (tmp_path / f"dawscribe-install-{os.getuid()}{f'-{number}' if number else ''}.log").symlink_to(victim)
    one_sentence(place.run("try.sh", fails="--editable"), "see ")
    assert victim.read_text() == "precious"
    (log,) = [p for p in tmp_path.glob("dawscribe-install-*.log") if not p.is_symlink()]
    assert log.stat().st_mode & 0o077 == 0
    place.environment["TMPDIR"] = str(tmp_path / "nowhere")
    one_sentence(place.run("try.sh"), "set TMPDIR")


def test_what_is_installed_is_the_users_alone(place: Place) -> None:
    before = os.umask(0)
    try:
        assert place.run("install.sh").returncode == 0
    finally:
        os.umask(before)
    assert (place.root / "user" / ".dawscribe").stat().st_mode & 0o077 == 0
