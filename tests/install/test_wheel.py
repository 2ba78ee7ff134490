"""The built wheel, installed into an environment of its own, gives everything: commands, engines, DAW scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from bridge import __version__
from tests.support import sine

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("setuptools") is None, reason="pip install setuptools: it builds the wheel"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git tracks, so that no file of this checkout alone gets in."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.decode().split("\0"):
        if name.startswith(("bridge/", "daw_scripts/")) or (name and "/" not in name):
            file = ROOT / name
            if file.is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                (source / name).write_bytes(file.read_bytes())
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(target), "."]
    subprocess.run(pip, cwd=source, check=True)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; what it needs comes from this one, so that nothing is fetched."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    packages.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "-q", "--target", str(packages), str(wheel)]
    subprocess.run(pip, check=True)
    # A plain folder on the path: links of editable installations in it are not followed.
    others = [p for p in sys.path if p.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    return place


def run(installed: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    python = installed / ("Scripts" if os.name == "nt" else "bin") / "python"
    environment = {**os.environ, "HOME": str(home), "DAWSCRIBE_HOME": str(home / ".dawscribe")}
    environment.pop("PYTHONPATH", None)
    code = "import sys; from bridge.cli import main; sys.exit(main())"
    command = [str(python), "-c", code, *words]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)


def test_it_holds_the_scripts_and_the_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as z:
        names = set(z.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "daw_scripts"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    wanted = {f"bridge/{name}" for name in tracked if "/dev/" not in name and name.endswith((".lua", ".py", ".js"))}
    assert wanted <= names, wanted - names
    assert {"bridge/models/models.toml", "bridge/default.toml", "bridge/data/notes.onnx"} <= names
    assert not [n for n in names if n.startswith(("tests/", "training/")) or "node_modules" in n]


def test_it_transcribes(installed: Path, tmp_path: Path) -> None:
    song = sine(tmp_path / "song.wav", hz=220.0)
    words = ("transcribe", str(song), "-o", "out", "--separator", "whole_mix", "--role", "bass", "--no-stems")
    done = run(installed, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["version"] == __version__
    assert {note[2] for part in result["items"][0]["parts"] for note in part["notes"]} == {57}


def test_it_sets_up_reaper_and_takes_it_out_again(installed: Path, tmp_path: Path) -> None:
    portable = tmp_path / "REAPER"
    portable.mkdir()
    (portable / "reaper.ini").touch()
    done = run(installed, tmp_path, "setup", "reaper", "--portable", str(portable))
    assert done.returncode == 0, done.stderr
    scripts = portable / "Scripts" / "dawscribe"
    assert (scripts / "dawscribe_Transcribe selected items.lua").is_file()
    assert run(installed, tmp_path, "setup", "reaper", "--portable", str(portable), "--uninstall").returncode == 0
    assert not scripts.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the folder of Ardour's settings is Linux's")
def test_it_sets_up_ardour(installed: Path, tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "ardour7"
    settings.mkdir(parents=True)
    done = run(installed, tmp_path, "setup", "ardour")
    assert done.returncode == 0, done.stderr
    assert list((settings / "scripts").glob("dawscribe*.lua"))
