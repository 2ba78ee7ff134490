"""``dawscribe watch``: files that come, grow, fail and change, with the real daemon and the fakes' ears."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import mido
import pytest

from bridge.cli.file_manager import _command
from tests.support import Home, sine, vanish, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop here"
    made.mkdir()
    return made


def _old(path: Path, age_s: float = 60.0) -> Path:
    """The file as if it had been written a while ago."""
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def _results(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.startswith(".")}


def test_results_lie_beside_the_files_and_a_bad_one_stops_nothing(home: Home, folder: Path) -> None:
    _old(sine(folder / "a take.wav"))
    (folder / "broken.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVEjunk")
    _old(folder / "broken.wav")
    _old(sine(folder / "z.flac"))
    (folder / "notes.txt").write_text("mine")
    (folder / "._a take.wav").write_bytes(b"resource fork")
    done = home.run("watch", folder, "--once", "--project", ".dawproject", "--stems", "bass")
    try:
        assert "a take.wav: handed in." in done.stdout
        names = _results(folder)
        assert names == {
            "a take.wav", "a take (transcribed)", "broken.wav", "broken.wav (not transcribed).txt", "z.flac",
            "z (transcribed)", "notes.txt",
        }  # fmt: skip
        made = folder / "a take (transcribed)"
        assert {p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()} == {
            "song.mid", "result.json", "song.dawproject", "parts/Bass.mid", "stems/bass.wav",
        }  # fmt: skip
        assert [t.name for t in mido.MidiFile(made / "song.mid").tracks] == ["a take", "Bass"]
        assert "stems/1_bass.wav" in zipfile.ZipFile(made / "song.dawproject").namelist()
        assert "broken.wav" in (folder / "broken.wav (not transcribed).txt").read_text()
        jobs = {p.name for p in (home.folder / "jobs").iterdir()}
        before = (made / "song.mid").stat().st_mtime_ns
        # Once more: nothing is done twice.
        assert "handed in" not in home.run("watch", folder, "--once", "--stems", "bass").stdout
        assert {p.name for p in (home.folder / "jobs").iterdir()} == jobs
        assert (made / "song.mid").stat().st_mtime_ns == before
        # Nor where the daemon's folders have gone meanwhile.
        vanish(home.folder / "jobs")
        assert "handed in" not in home.run("watch", folder, "--once", "--stems", "bass").stdout
        # The user mends the file: its note goes, its result comes. A changed file takes its old result's place.
        _old(sine(folder / "broken.wav"), 30)
        _old(sine(folder / "a take.wav", seconds=3.0), 30)
        home.run("watch", folder, "--once", "--stems", "bass")
        assert "broken.wav (not transcribed).txt" not in _results(folder)
        assert (folder / "broken (transcribed)" / "song.mid").is_file()
        assert json.loads((made / "result.json").read_text())["items"][0]["length_s"] == pytest.approx(3.0)
        assert not [p for p in folder.iterdir() if p.name.startswith(".dawscribe")]
    finally:
        home.run("stop")


def test_a_file_that_is_being_written_waits_and_a_killed_watcher_goes_on(home: Home, folder: Path, wav: Path) -> None:
    home.start()
    whole = wav.read_bytes()
    command = [sys.executable, "-m", "bridge", "watch", str(folder)]
    (folder / ".dawscribe-left").mkdir()
    watcher = subprocess.Popen(command, env=home.env, stdout=subprocess.DEVNULL, text=True)
    try:
        with (folder / "render.wav").open("wb") as render:
            for part in range(0, len(whole), len(whole) // 6):
                render.write(whole[part : part + len(whole) // 6])
                render.flush()
                time.sleep(0.8)
                assert not list((home.folder / "jobs").glob("watch-*")), "handed in while it was written"
        wait_for(lambda: list((home.folder / "jobs").glob("watch-*")), "the job")
        watcher.send_signal(signal.SIGKILL)
        watcher.wait()
        watcher = subprocess.Popen(command, env=home.env, stdout=subprocess.PIPE, text=True)
        wait_for(lambda: (folder / "render (transcribed)" / "song.mid").is_file(), "the result")
        assert len(list((home.folder / "jobs").glob("watch-*"))) == 1
        assert not (folder / ".dawscribe-left").exists()
        second = home.run("watch", folder, check=False)
        assert second.returncode == 2
        assert "watched already" in second.stderr
        watcher.send_signal(signal.SIGINT)
        out, _ = watcher.communicate(timeout=30)
        assert watcher.returncode == 0
        assert "No longer watching" in out
    finally:
        watcher.kill()
        watcher.wait()


def test_an_empty_file_is_said_at_once_and_again_at_the_end(home: Home, folder: Path) -> None:
    """Into a pipe, as a log has it, and with a name that a terminal would obey."""
    odd = folder / "esc\x1b[31m\x07.wav"
    for file in (odd, folder / "half.wav"):
        file.write_bytes(b"" if file is odd else b"RIFF")
        _old(file, 10.0)
    command = [sys.executable, "-m", "bridge", "watch", str(folder)]
    watcher = subprocess.Popen(command, env=home.env, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert watcher.stdout is not None
        said = [watcher.stdout.readline() for _ in range(3)]
        assert said[1:] == [
            "esc [31m .wav: still empty; waiting up to 30 s for the rest.\n",
            "half.wav: not whole yet; waiting up to 30 s for the rest.\n",
        ]
        note = folder / f"{odd.name} (not transcribed).txt"
        wait_for(note.is_file, "the note")
        assert "is empty" in note.read_text()
        rest = iter(watcher.stdout.readline, "")
        assert next(line for line in rest if "export the audio again" in line).startswith("esc [31m .wav: ")
    finally:
        watcher.kill()
        watcher.communicate()
        home.run("stop", check=False)


def test_what_is_the_users_own_is_not_replaced(home: Home, folder: Path) -> None:
    _old(sine(folder / "a.wav"))
    _old(sine(folder / "a.flac"))
    own = folder / "a.wav (transcribed)"
    own.mkdir()
    (own / "song.mid").write_text("mine")
    try:
        home.run("watch", folder, "--once")
        assert (own / "song.mid").read_text() == "mine"
        assert _results(folder) == {"a.wav", "a.flac", own.name, f"{own.name} 2", "a.flac (transcribed)"}
    finally:
        home.run("stop")


def test_names_as_long_as_a_disk_takes_have_results_of_their_own(home: Home, folder: Path) -> None:
    # 83 signs of a Japanese title; two that differ at their very end.
    names = [f"{'歌' * 83}{end}.wav"[-255:] for end in "ab"]
    for name in names:
        _old(sine(folder / "take.wav").rename(folder / name))
    long = folder / f"{'歌' * 83}x.wav"
    long.write_bytes(b"no sound")
    _old(long)
    try:
        done = home.run("watch", folder, "--once")
        assert "trying again" not in done.stdout
        made = _results(folder) - {*names, long.name}
        assert sum(name.endswith(" (transcribed)") for name in made) == 2
        assert sum(name.endswith(" (not transcribed).txt") for name in made) == 1
        assert len(made) == 3
        assert "handed in" not in home.run("watch", folder, "--once").stdout
        assert _results(folder) == made | {*names, long.name}
    finally:
        home.run("stop")


def test_bad_calls_are_said_at_once(home: Home, folder: Path) -> None:
    for words, sentence in (
        ([folder / "gone"], "There is no folder"),
        ([folder, "--quantise", "1/7"], "1/7"),
        ([folder, "--stems", "kazoo"], "kazoo"),
    ):
        done = home.run("watch", *words, check=False)
        assert done.returncode == 2
        assert sentence in done.stderr


def test_a_job_shows_its_folder_and_becomes_a_project(home: Home, wav: Path, tmp_path: Path) -> None:
    home.start()
    job = home.submit(home.request("project-0001", wav))
    home.wait_end(job)
    home.run("show", job, "--project", tmp_path / "song.dawproject")
    assert "audio/song.wav" in zipfile.ZipFile(tmp_path / "song.dawproject").namelist()
    done = home.run("show", job, "--project", tmp_path / "song.xyz", check=False)
    assert ".dawproject" in done.stderr
    # A file manager that says what it was asked to show.
    (tmp_path / "bin").mkdir()
    manager = tmp_path / "bin" / "xdg-open"
    manager.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/shown"\n')
    manager.chmod(0o755)
    home.env["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    home.run("show", job, "--open")
    shown = wait_for(lambda: (tmp_path / "shown").exists() and (tmp_path / "shown").read_text(), "the file manager")
    assert shown == str(home.folder / "jobs" / job)
    home.env["PATH"] = str(tmp_path / "nothing")
    done = home.run("show", job, "--open", check=False)
    assert "No file manager" in done.stderr


@pytest.mark.parametrize(
    ("system", "file", "folder"),
    [
        ("darwin", ["open", "-R", "{}"], ["open", "{}"]),
        ("win32", 'explorer /select,"{}"', ["explorer", "{}"]),
        ("linux", ["xdg-open", "{parent}"], ["xdg-open", "{}"]),
    ],
)
def test_each_system_has_its_file_manager(system: str, file: object, folder: object, tmp_path: Path) -> None:
    mid = tmp_path / "a b.mid"
    mid.touch()

    def filled(words: object, path: Path) -> object:
        if isinstance(words, list):
            return [w.replace("{}", str(path)).replace("{parent}", str(path.parent)) for w in words]
        return str(words).replace("{}", str(path))

    assert _command(mid, system) == filled(file, mid)
    assert _command(tmp_path, system) == filled(folder, tmp_path)
