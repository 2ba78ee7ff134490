"""Where `dawscribe transcribe` puts results: what is the user's stays, whatever was there before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.project_files import writers
from bridge.cli.result_folder import publish, result_folders
from bridge.jobs.store import JobStore
from tests.raising import raises_code
from tests.support import Home, read_json, sine, wait_for


def files(folder: Path) -> dict[str, bytes]:
    """Everything below ``folder``, by its relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_a_stems_folder_of_the_users_own_is_left_alone(home: Home, wav: Path) -> None:
    take = sine(wav.parent / "guitar_take1.wav")
    own = wav.parent / "stems" / take.name
    own.parent.mkdir()
    take.replace(own)
    before = own.read_bytes()
    home.run("transcribe", wav, "-o", wav.parent)
    assert own.read_bytes() == before
    assert (own.parent / "bass.wav").is_file()
    # Nor is it swept away with the stems of ours, once those are not made again.
    home.run("transcribe", wav, "-o", wav.parent, "--no-stems")
    assert [p.name for p in own.parent.iterdir()] == [own.name]


@pytest.mark.slow
def test_what_an_earlier_result_had_goes_with_it(home: Home, wav: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    home.run("transcribe", wav, "-o", out, "--plot")
    (out / "notes.txt").write_text("mine")
    home.run("transcribe", wav, "-o", out, "--stems", "bass")
    assert set(files(out)) == {"song.mid", "parts/Bass.mid", "result.json", "stems/bass.wav", "notes.txt"}
    home.run("transcribe", wav, "-o", out, "--no-stems", "--stems", "drums")
    assert set(files(out)) == {"song.mid", "parts/Drums.mid", "result.json", "notes.txt"}
    assert not (out / "stems").exists()


@pytest.mark.parametrize("more", [["--stems", "bass"], ["--no-stems"]])
@pytest.mark.first_is_enough
def test_a_stem_that_is_heard_again_is_neither_replaced_nor_removed(
    home: Home, wav: Path, tmp_path: Path, more: list[str]
) -> None:
    out = tmp_path / "out"
    home.run("transcribe", wav, "-o", out)
    before = files(out)
    done = home.run("transcribe", out / "stems" / "bass.wav", "-o", out, *more, check=False)
    assert done.returncode == 2
    assert "its own audio" in done.stderr
    assert files(out) == before


@pytest.mark.parametrize("name", ["song.mid", "result.json", "piano_roll.png", "stems/drums.wav", "stems", "parts"])
@pytest.mark.first_is_enough
def test_a_file_that_no_result_names_is_not_replaced(home: Home, wav: Path, tmp_path: Path, name: str) -> None:
    own = tmp_path / "out" / name
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    done = home.run("transcribe", wav, "-o", tmp_path / "out", "--plot", check=False)
    assert done.returncode == 2
    assert f"{own} is in the way" in done.stderr
    assert files(tmp_path / "out") == {name: b"mine"}


def test_a_part_of_the_users_own_is_in_the_way(home: Home, wav: Path, tmp_path: Path) -> None:
    own = tmp_path / "out" / "parts" / "Bass.mid"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    done = home.run("transcribe", wav, "-o", tmp_path / "out", check=False)
    assert done.returncode == 2
    assert f"{own} is in the way" in done.stderr
    assert files(tmp_path / "out") == {"parts/Bass.mid": b"mine"}


@pytest.mark.slow
def test_a_listed_name_outside_the_folder_is_nobodys(home: Home, wav: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    home.run("transcribe", wav, "-o", out)
    result = read_json(out / "result.json")
    result["items"][0]["stems"] += [{"role": "bass", "path": p} for p in ("../item.wav", str(wav), "notes.txt")]
    result["items"][0]["part_files"] += ["parts/../notes.txt", "parts/../../item.wav", 7, "notes.txt"]
    (out / "result.json").write_text(json.dumps(result))
    (out / "notes.txt").write_text("mine")
    home.run("transcribe", wav, "-o", out, "--no-stems")
    assert wav.is_file() and (out / "notes.txt").is_file()


def test_where_one_file_cannot_be_replaced_all_stay(home: Home, wav: Path, tmp_path: Path) -> None:
    out, draft = tmp_path / "out", tmp_path / "out" / ".dawscribe-draft-x"
    home.run("transcribe", wav, "-o", out)
    before = files(out)
    shutil.copytree(out, draft)
    (draft / "stems" / "other.wav").write_bytes(b"new")
    (draft / "result.json").write_bytes(b"new")
    (out / "song.mid").unlink()
    (out / "song.mid").mkdir()
    del before["song.mid"]
    with raises_code("result-unwritable"):
        publish(draft, out)
    shutil.rmtree(draft)
    assert files(out) == before


@pytest.mark.parametrize(
    ("named", "folders"),
    [
        (["c/a.wav", "c/b/a.wav", "c/a (2).wav"], ["a", "a (2)", "a (2) (2)"]),
        (["a.wav", "A.wav", "a.flac"], ["a", "A (2)", "a (3)"]),
        (["...wav", "b.wav"], ["item", "b"]),
        (["a. .wav", "b.wav"], ["a", "b"]),
    ],
)
def test_folders_of_several_files_are_apart_and_inside(named: list[str], folders: list[str]) -> None:
    assert result_folders([Path(n) for n in named], Path("out")) == [Path("out") / f for f in folders]


def test_a_closed_terminal_leaves_nothing(home: Home, wav: Path, tmp_path: Path) -> None:
    home.configure("[separators.fake]\nseconds = 30.0\n")
    out = tmp_path / "out"
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # where nohup runs the tests, the command would ignore it too
    try:
        process = started(home, wav, out)
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert not out.exists()


@pytest.mark.slow
def test_what_a_killed_run_left_goes_at_the_next_and_that_of_a_running_one_stays(
    home: Home, wav: Path, tmp_path: Path
) -> None:
    home.configure("[separators.fake]\nseconds = 30.0\n")
    out = tmp_path / "out"
    killed = started(home, wav, out)
    killed.kill()
    killed.communicate()
    (left,) = out.iterdir()
    running = started(home, wav, out, besides=left)
    try:
        assert not left.exists()
        (used,) = out.iterdir()
        (out / ".dawscribe-draft-mine").mkdir()
        home.configure("")
        home.run("transcribe", wav, "-o", out)
        assert used.is_dir()
        assert (out / ".dawscribe-draft-mine").is_dir()
    finally:
        running.kill()
        running.communicate()


def started(home: Home, wav: Path, out: Path, besides: Path | None = None) -> subprocess.Popen[bytes]:
    """A run that separates for long, while it does."""
    command = [sys.executable, "-m", "bridge", "transcribe", str(wav), "-o", str(out)]
    process = subprocess.Popen(command, env=home.env, stderr=subprocess.PIPE)
    wait_for(
        lambda: out.exists() and [p for p in out.glob(".dawscribe-*/work/mix.wav") if p.parents[1] != besides],
        "the separation",
    )
    return process


def test_targets_are_looked_at_before_the_work(home: Home, wav: Path, tmp_path: Path) -> None:
    there, folder = tmp_path / "session", tmp_path / "song.rpp"
    there.mkdir()
    folder.mkdir()
    for option, target, wrong in (("--session", there, "exists already"), ("--project", folder, "is a folder")):
        done = home.run("transcribe", wav, "-o", tmp_path / "out", option, target, check=False)
        assert done.returncode == 2
        assert f"{target} {wrong}" in done.stderr
        assert not (tmp_path / "out").exists()


def test_a_project_of_no_known_daw_is_refused_with_those_that_are(home: Home, wav: Path, tmp_path: Path) -> None:
    done = home.run("transcribe", wav, "-o", tmp_path / "out", "--project", tmp_path / "song.txt", check=False)
    assert done.returncode == 2
    assert ".rpp, .ardour, .dawproject" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_session_without_ardour_is_refused_before_the_work(home: Home, wav: Path, tmp_path: Path) -> None:
    home.env["PATH"] = str(tmp_path)
    done = home.run("transcribe", wav, "-o", tmp_path / "out", "--project", tmp_path / "session.ardour", check=False)
    assert done.returncode == 2
    assert "Ardour's Lua shell" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_project_that_fails_late_says_where_the_result_is(home: Home, wav: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "out"
    project = tmp_path / "file" / "song.rpp"
    done = home.run("transcribe", wav, "-o", out, "--project", project, "--json", check=False)
    assert done.returncode == 2
    assert f"The result is in {out}, but" in done.stderr
    assert json.loads(done.stdout)["items"][0]["name"] == "item"
    assert (out / "song.mid").is_file()


@pytest.mark.parametrize("option", ["--project", "--session"])
@pytest.mark.first_is_enough
def test_one_project_for_several_files_is_refused(home: Home, wav: Path, tmp_path: Path, option: str) -> None:
    other = sine(tmp_path / "other.wav")
    done = home.run("transcribe", wav, other, "-o", tmp_path / "out", option, tmp_path / "x.rpp", check=False)
    assert done.returncode == 2
    assert "--project takes one audio file" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_what_was_finished_is_printed_as_json_though_a_later_file_fails(home: Home, wav: Path, tmp_path: Path) -> None:
    done = home.run("transcribe", wav, tmp_path / "gone.wav", "-o", tmp_path / "out", "--json", check=False)
    assert done.returncode == 2
    assert [r["items"][0]["name"] for r in json.loads(done.stdout)] == ["item"]


@pytest.mark.slow
def test_a_full_disk_names_the_folder_that_was_asked_for(home: Home, wav: Path, tmp_path: Path) -> None:
    body = (
        "import resource, signal, sys\n"
        "from bridge.cli import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", body, "transcribe", str(wav), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, env=home.env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"could not be written to {tmp_path / 'out'};" in done.stderr
    assert ".dawscribe-" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [b"\xfcber.wav", "🎸.wav".encode(), b"new\nline.wav"])
@pytest.mark.first_is_enough
def test_names_that_a_terminal_or_utf_8_cannot_hold(home: Home, wav: Path, tmp_path: Path, name: bytes) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    shutil.copy(wav, odd)
    home.env["PYTHONIOENCODING"] = "latin-1"
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "transcribe", odd, wav, "-o", tmp_path / "out"],
        env=home.env, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.decode("latin-1").splitlines()) == 4, done.stdout
    again = home.run("transcribe", odd, "-o", tmp_path / "again", "--json", "--plot")
    assert json.loads(again.stdout)["items"][0]["name"] == name[:-4].decode("utf-8", "replace").replace("\n", " ")


@pytest.mark.slow
def test_names_that_the_terminal_cannot_show_are_listed_all_the_same(home: Home, wav: Path) -> None:
    request = home.request("umlaut-0001", wav)
    request["items"][0]["name"] = "Küche ♫\x1b]0;mine\a\nzwei"
    JobStore(home.folder).accept(request)
    home.configure("[models]\nfolders = ['/Küche']\n[triggers.osc]\nenabled = false\n")
    home.env["PYTHONIOENCODING"] = "ascii"
    assert home.run("jobs").stdout.endswith("K?che ? ]0;mine  zwei\n")
    assert "umlaut-0001" in home.run("show", "last").stdout
    assert json.loads(home.run("jobs", "--json").stdout)[0]["name"].startswith("Küche ♫")
    assert "/K?che" in home.run("config").stdout
    assert json.loads(home.run("config", "--json").stdout)["models.folders"]["value"] == ["/Küche"]
    (home.folder / "logs").mkdir()
    (home.folder / "logs" / "daemon.log").write_text("Küche ♫\n", encoding="utf-8")
    assert "K?che ?" in home.run("logs").stdout


@pytest.mark.parametrize("suffix", sorted(writers()))
def test_what_is_printed_is_the_file_to_open(home: Home, wav: Path, tmp_path: Path, suffix: str) -> None:
    if suffix == ".ardour" and shutil.which("ardour7-lua") is None:
        pytest.skip("ardour7-lua is missing: 'sh install/check.sh' installs it")
    asked = tmp_path / "projects" / f"song{suffix}"
    printed = home.run("transcribe", wav, "-o", tmp_path / "out", "--project", asked).stdout.splitlines()[-1].strip()
    assert Path(printed).is_file()
    assert Path(printed).suffix == suffix
    assert asked.parent in Path(printed).parents
