"""The set-up scripts with a stand-in Python that is a real program: what they ask of it, and what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "install").glob("*.sh"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")

TOOLS = ("sh", "basename", "cat", "cmp", "cp", "dirname", "id", "ln", "mkdir", "rm", "uname")
"""All that the scripts may use of a machine besides Python."""
PYTHON = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
[ "$1" = --version ] && echo "Python 3.12.0"
case "$*" in
    *$FAILS*) echo "${COMPLAINT:-a long complaint}" >&2; exit 1 ;;
    *"-m venv"*)
        for last; do :; done
        mkdir -p "$last/bin"
        cp "$0" "$last/bin/python"
        cp "$0" "$last/bin/dawscribe" ;;
esac
"""
"""Notes what it is asked, makes environments of copies of itself, and fails at what the test names."""


@dataclass
class Place:
    """A checkout and a machine that has nothing but the basic tools and the stand-in."""

    root: Path
    environment: dict[str, str]

    def run(self, script: str, *words: str, fails: str = "nothing at all") -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, "FAILS": fails}
        command = ["sh", str(self.root / "checkout" / "install" / script), *words]
        return subprocess.run(
            command, env=environment, cwd=self.root, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def calls(self) -> list[str]:
        """What the stand-in was asked since the last look."""
        path = Path(self.environment["CALLS"])
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def place(tmp_path: Path) -> Place:
    checkout = tmp_path / "my checkout"
    shutil.copytree(ROOT / "install", checkout / "install", ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / part, checkout)
    (checkout / "bridge" / "data").mkdir(parents=True)
    shutil.copy(ROOT / "bridge" / "data" / "demo.ogg", checkout / "bridge" / "data")
    (checkout / "daw_scripts").mkdir()
    (tmp_path / "checkout").symlink_to(checkout)
    programs = tmp_path / "programs"
    programs.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (programs / tool).symlink_to(found)
    (programs / "python3.12").write_text(PYTHON)
    (programs / "python3.12").chmod(0o755)
    environment = {
        "PATH": str(programs),
        "HOME": str(tmp_path / "user"),
        "TMPDIR": str(tmp_path),
        "CALLS": str(tmp_path / "calls"),
    }
    return Place(tmp_path, environment)


def one_sentence(result: subprocess.CompletedProcess[str], says: str) -> None:
    last = result.stderr.strip().splitlines()[-1]
    assert result.returncode != 0
    assert last.startswith("dawscribe: ")
    assert says in last
    assert "complaint" not in result.stderr + result.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_every_script_is_plain_shell(script: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0


def test_try_makes_the_environment_and_transcribes_the_demo(place: Place) -> None:
    result = place.run("try.sh")
    assert result.returncode == 0, result.stderr
    out = place.root / "out" / "demo"
    assert str(out) in result.stderr
    words = " | ".join(place.calls)
    wanted = r"-m venv .*--require-hashes -r .*requirements\.txt.*--editable.*models fetch.*transcribe .*demo\.ogg -o "
    assert re.search(wanted, words)


def test_a_second_run_installs_nothing(place: Place) -> None:
    assert place.run("try.sh").returncode == 0
    assert any("pip" in call for call in place.calls)
    assert place.run("try.sh").returncode == 0
    again = place.calls
    assert not any("pip" in call or "venv" in call for call in again)
    assert any("transcribe" in call for call in again)
    with (place.root / "checkout" / "install" / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    place.run("try.sh")
    assert any("pip install" in call and "--require-hashes" in call for call in place.calls)


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        ("ensurepip", "install one ("),
        ("-m venv", "DAWSCRIBE_VENV"),
        ("--require-hashes", "check the internet connection"),
        ("--editable", "check the internet connection"),
    ],
)
def test_every_failure_is_one_sentence(place: Place, fails: str, says: str) -> None:
    one_sentence(place.run("try.sh", fails=fails), says)
    # What failed half way does not stop the next run.
    assert place.run("try.sh").returncode == 0


@pytest.mark.parametrize("step", ["models fetch", "transcribe"])
def test_where_dawscribe_itself_fails_its_own_words_are_the_last(place: Place, step: str) -> None:
    result = place.run("try.sh", fails=step)
    assert result.returncode != 0
    assert result.stderr.splitlines()[-1] == "a long complaint"
    assert "The tracks are in" not in result.stderr


def test_audio_that_is_not_there(place: Place) -> None:
    one_sentence(place.run("try.sh", "no such song.wav"), "no such song.wav")
    assert place.calls == []


def test_audio_is_taken_from_where_the_user_stands(place: Place) -> None:
    (place.root / "my song.wav").write_bytes(b"x")
    assert place.run("try.sh", "my song.wav").returncode == 0
    assert any("transcribe my song.wav -o" in call for call in place.calls)


def test_pip_fetches_nothing_without_a_hash(place: Place) -> None:
    assert place.run("try.sh", fails="import rtmidi").returncode == 0
    fetching = [call for call in place.calls if "pip install" in call]
    assert len(fetching) == 3
    for call in fetching:
        # Our own files need none, and what builds them lies in the environment already.
        assert "--no-deps" in call
        assert "--require-hashes" in call or "--no-build-isolation" in call
    lists = [(ROOT / "install" / name).read_text() for name in ("requirements.txt", "requirements-rtmidi.txt")]
    blocks = [
        re.sub(" ;[^\\\\]*", " ", re.findall(r"(?ms)^python-rtmidi==.*?(?=^[a-z]|\Z)", text)[0]) for text in lists
    ]
    assert blocks[0] == blocks[1]
    assert "\nsetuptools==" in lists[0]


def test_a_missing_rtmidi_is_built_or_told(place: Place) -> None:
    result = place.run("try.sh", fails="[ -]rtmidi")
    assert result.returncode == 0
    assert "MIDI commands are off" in result.stderr


def test_the_installation_outlives_the_checkout_and_can_be_removed(place: Place) -> None:
    result = place.run("install.sh")
    assert result.returncode == 0, result.stderr
    user = place.root / "user"
    shutil.rmtree(place.root / "my checkout" / "bridge")
    assert (user / ".local" / "bin" / "dawscribe").resolve() == user / ".dawscribe" / "env" / "bin" / "dawscribe"
    assert (user / ".dawscribe" / "app" / "bridge" / "data" / "demo.ogg").is_file()
    assert f"--editable {user}/.dawscribe/app" in " | ".join(place.calls)
    (user / ".dawscribe" / "config.toml").touch()
    assert place.run("install.sh", "--uninstall").returncode == 0
    assert [p.name for p in (user / ".dawscribe").iterdir()] == ["config.toml"]
    assert not list((user / ".local" / "bin").iterdir())


def note_the_use_of(place: Place, *tools: str) -> None:
    """Have these tools among the calls, in their order."""
    for tool in tools:
        program = place.root / "programs" / tool
        real = program.readlink()
        program.unlink()
        program.write_text(f'#!/bin/sh\necho "{tool} $*" >>"$CALLS"\nexec {real} "$@"\n')
        program.chmod(0o755)


def in_order(calls: list[str], *words: str) -> bool:
    return re.search(".*".join(words), " | ".join(calls)) is not None


@pytest.mark.slow
def test_an_upgrade_stops_the_daemon_and_starts_it_again(place: Place) -> None:
    note_the_use_of(place, "rm")
    assert place.run("install.sh").returncode == 0
    assert not in_order(place.calls, "dawscribe (status|stop|daemon)")
    result = place.run("install.sh")
    assert result.returncode == 0, result.stderr
    assert in_order(place.calls, "dawscribe status", "dawscribe stop", "rm .*/app/bridge", "dawscribe daemon --detach")
    # Where none runs, none is started.
    assert place.run("install.sh", fails="status").returncode == 0
    assert not in_order(place.calls, "dawscribe (stop|daemon)")
    assert "daemon --detach" in place.run("install.sh", fails="daemon").stderr
    # An old program that is broken is repaired.
    assert place.run("install.sh", fails="--version").returncode == 0


def test_uninstalling_takes_out_what_the_program_had_put_in(place: Place) -> None:
    note_the_use_of(place, "rm")
    assert place.run("install.sh").returncode == 0
    assert place.calls
    result = place.run("install.sh", "--uninstall")
    assert result.returncode == 0, result.stderr
    setups = [f"setup {target} --uninstall" for target in ("reaper", "ardour", "service")]
    assert in_order(place.calls, *setups, "dawscribe stop", "rm .*/env")
    assert len(result.stderr.splitlines()) == 1
    # There is nothing left that could be asked.
    assert place.run("install.sh", "--uninstall").returncode == 0
    assert not in_order(place.calls, "dawscribe ")


@pytest.mark.parametrize(
    ("host", "complaint", "is_removed", "is_said"),
    [
        ("reaper", "REAPER is running and would overwrite its settings; end it and try again.", False, True),
        ("ardour", "Ardour is running and would overwrite its settings; end it and try again.", False, True),
        ("reaper", "REAPER's resource folder was not found; start REAPER once", True, False),
        ("ardour", "No configuration of Ardour 7, 8 or 9 was found; start Ardour once", True, False),
        ("service", "", True, True),
    ],
)
def test_uninstalling_waits_for_an_open_daw_and_for_nothing_else(
    place: Place, host: str, complaint: str, is_removed: bool, is_said: bool
) -> None:
    if complaint:
        sources = (ROOT / "bridge" / "hosts" / host).glob("*.py")
        assert any(complaint in file.read_text() for file in sources), "the script knows it by its words"
    assert place.run("install.sh").returncode == 0
    place.environment["COMPLAINT"] = complaint and f"dawscribe: {complaint}"
    result = place.run("install.sh", "--uninstall", fails=f"setup {host}")
    assert ((complaint or "a long complaint") in result.stderr) == is_said
    assert (result.returncode == 0) == is_removed
    assert (place.root / "user" / ".dawscribe" / "env").exists() != is_removed


def test_a_python_may_lie_in_a_folder_with_blanks(place: Place) -> None:
    folder = place.root / "my programs"
    folder.mkdir()
    (place.root / "programs" / "python3.12").rename(folder / "python3.12")
    one_sentence(place.run("try.sh"), "No Python 3.10 to 3.13")
    place.environment["DAWSCRIBE_PYTHON"] = str(folder / "python3.12")
    assert place.run("try.sh").returncode == 0


def test_the_installed_copy_installs_again_without_loss(place: Place) -> None:
    assert place.run("install.sh").returncode == 0
    app = place.root / "user" / ".dawscribe" / "app"
    before = sorted(p for p in app.rglob("*"))
    shutil.rmtree(place.root / "my checkout")
    (place.root / "checkout").unlink()
    (place.root / "checkout").symlink_to(app)
    result = place.run("install.sh")
    assert result.returncode == 0, result.stderr
    assert sorted(p for p in app.rglob("*")) == before


def test_windows_powershell_survives_what_a_program_says_on_stderr() -> None:
    """It turns a redirected line into an error of its own, which "Stop" makes the end of the script."""
    lines = (ROOT / "install" / "install.ps1").read_text(encoding="ascii").splitlines()
    redirected = [number for number, line in enumerate(lines) if "2>" in line]
    assert redirected
    assert all(lines[number - 1].strip() == '$ErrorActionPreference = "Continue"' for number in redirected)


def test_both_installations_do_the_same_with_what_runs_and_what_was_set_up() -> None:
    shell, windows = ((ROOT / "install" / name).read_text() for name in ("install.sh", "install.ps1"))
    for word in ("reaper", "ardour", "service", "setup", "--uninstall", "status", "stop", "daemon", "--detach"):
        assert word in shell, word
        assert f'"{word}"' in windows, word
    for words in (" is running ", " found; start "):
        assert f'*"{words}"*' in shell
        assert f'"*{words}*"' in windows


def _pins(file: str) -> Mapping[str, list[str]]:
    """Package name -> its hashes, over all the versions that are pinned."""
    pins: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\w)", (ROOT / "install" / file).read_text()):
        if match := re.match(r"([\w.-]+)==\S+", entry):
            name = match[1].lower().replace("_", "-")
            pins.setdefault(name, []).extend(re.findall(r"--hash=sha256:[0-9a-f]{64}", entry))
    return pins


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-test.txt"])
def test_every_pin_has_its_hashes_and_no_host_is_named(file: str) -> None:
    assert all(_pins(file).values())
    assert "://" not in (ROOT / "install" / file).read_text()


def test_the_pins_cover_what_the_package_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[^\w.-]", need)[0].lower().replace("_", "-") for need in project["dependencies"]}
    assert names <= set(_pins("requirements.txt"))


def test_the_core_brings_neither_torch_nor_telemetry() -> None:
    pins = set(_pins("requirements.txt"))
    assert not {p for p in pins if p.startswith(("torch", "nvidia", "tensorflow", "onnxruntime", "openvino-"))}


def test_ci_runs_the_checks() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    assert "install/check.sh" in run.read_text()
