"""``dawscribe setup live`` on real folders, and how a running Live is asked, without Live."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bridge.hosts.live.bundle import bundle
from bridge.music.parts import Score
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import ItemResult
from tests.raising import raises_code

EXTENSION = Path(__file__).parents[2] / "daw_scripts" / "live" / "extension"
CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ableton><ContentLibrary><UserLibrary><LibraryProject>
 <ProjectName Value="My &amp; Library" />
 <ProjectPath Value="{}" />
</LibraryProject></UserLibrary></ContentLibrary></Ableton>"""
"""As far as is known of how Live notes a library that was moved; a question of the probe page."""


def _host(folder: Path) -> Any:
    return plugins.create("hosts", "live", {}, Context(lambda name: folder / name, folder, folder / "home"))


def _setup(folder: Path, *, uninstall: bool = False, portable: Path | None = None) -> list[str]:
    host = _host(folder)
    lines: list[str] = host.uninstall(portable) if uninstall else host.install(portable)
    return lines


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a Mac's user with two Lives, and a library that was moved."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "darwin")
    (tmp_path / "Music/Ableton/User Library").mkdir(parents=True)
    (tmp_path / "Disk/My & Library").mkdir(parents=True)
    for version in ("Live 12.2.1", "Live 11.3.20"):
        (tmp_path / "Library/Preferences/Ableton" / version).mkdir(parents=True)
    moved = tmp_path / "Library/Preferences/Ableton/Live 12.2.1/Library.cfg"
    moved.write_text(CONFIG.format(tmp_path / "Disk"), encoding="utf-8")
    return tmp_path


def _scripts(mac: Path) -> list[Path]:
    names = ("Disk/My & Library", "Music/Ableton/User Library")
    return [mac / name / "Remote Scripts" / "dawscribe" for name in names]


def test_every_library_gets_the_script_and_loses_it_again(mac: Path) -> None:
    before = sorted(p for p in mac.rglob("*"))
    lines = _setup(mac)
    assert lines[0] == "Found: Live 11.3.20, Live 12.2.1."
    assert any("Link, Tempo & MIDI" in line for line in lines)
    for folder in _scripts(mac):
        assert (folder / "__init__.py").read_text(encoding="utf-8").count("def create_instance(c_instance)") == 1
        assert json.loads((folder / "installed.json").read_text())["home"] == str(mac / "home")
        assert not list(folder.rglob("__pycache__"))
    assert (mac / "home" / "launcher.json").exists()
    assert _setup(mac), "a second time is an update"
    lines = _setup(mac, uninstall=True)
    assert all("removed" in line for line in lines[:2])
    left = {p for p in mac.rglob("*") if (mac / "home") not in [p, *p.parents]} - set(before)
    assert {p.name for p in left} == {"Remote Scripts"}


def test_a_library_that_was_moved_or_went_since_is_cleared_too(mac: Path) -> None:
    _setup(mac)
    config = mac / "Library/Preferences/Ableton/Live 12.2.1/Library.cfg"
    old, other = _scripts(mac)
    config.unlink()
    assert _setup(mac), "an update in between"
    lines = _setup(mac, uninstall=True)
    assert not old.exists()
    assert not other.exists()
    assert len([line for line in lines if line.endswith("removed.")]) == 2
    assert not (mac / "home" / "live-scripts.json").exists()
    # All of Live's own is gone: what is ours is found all the same, and nothing that is not.
    _setup(mac)
    for folder in ("Library", "Music/Ableton/User Library/Remote Scripts/dawscribe"):
        shutil.rmtree(mac / folder)
    (mac / "Music").rename(mac / "Gone")
    theirs = mac / "Theirs" / "dawscribe"
    theirs.mkdir(parents=True)
    noted = {"places": [str(theirs), "relative/dawscribe", str(mac / "Disk"), 7, str(mac / "Gone")]}
    (mac / "home" / "live-scripts.json").write_text(json.dumps(noted))
    _setup(mac, uninstall=True)
    assert theirs.exists()
    assert (mac / "Disk").exists()
    with raises_code("live-not-found"):
        _setup(mac, uninstall=True)


def test_the_script_is_whole(mac: Path) -> None:
    _setup(mac)
    there = {p.name for p in _scripts(mac)[0].iterdir()} - {"installed.json"}
    source = Path(__file__).parents[2] / "daw_scripts" / "live" / "remote_script" / "dawscribe"
    assert there == {p.name for p in source.glob("*.py")}


def test_what_is_not_ours_stays(mac: Path) -> None:
    theirs = _scripts(mac)[0]
    theirs.mkdir(parents=True)
    (theirs / "__init__.py").write_text("# somebody else's")
    with raises_code("daw-scripts-of-another"):
        _setup(mac)
    _setup(mac, uninstall=True)
    assert (theirs / "__init__.py").exists()


def test_the_extension_is_packed_and_lies_with_lives_others(mac: Path) -> None:
    extensions = mac / "Library/Application Support/Ableton/Extensions"
    extensions.mkdir(parents=True)
    _setup(mac)
    with zipfile.ZipFile(mac / "home" / "dawscribe.ablx") as package:
        manifest = json.loads(package.read("manifest.json"))
        record = json.loads(package.read("installed.json"))
        assert sorted(package.namelist()) == sorted([manifest["entry"], "installed.json", "manifest.json"])
        entry = package.read(manifest["entry"])
    assert f"{manifest['author']}.{manifest['name']}".lower() == "dawscribe.dawscribe"
    installed = extensions / "dawscribe.dawscribe"
    assert json.loads((installed / "installed.json").read_text()) == record
    assert sorted(p.name for p in installed.iterdir()) == ["extension.js", "installed.json", "manifest.json"]
    assert (installed / "extension.js").read_bytes() == entry == bundle(EXTENSION, "extension").encode()
    assert record["relay"][-3:] == ["relay", "--home", str(mac / "home")]
    assert Path(record["relay"][0]).exists()
    _setup(mac, uninstall=True)
    assert not installed.exists()
    assert not (mac / "home" / "dawscribe.ablx").exists()


def test_a_module_that_is_missing_is_said_and_leaves_no_extension(mac: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extensions = mac / "Library/Application Support/Ableton/Extensions"
    extensions.mkdir(parents=True)
    shutil.copytree(EXTENSION.parents[1], mac / "scripts", ignore=shutil.ignore_patterns("relay.js"))
    monkeypatch.setattr("bridge.hosts.live.setup.scripts_folder", lambda: mac / "scripts")
    with raises_code("live-extension-damaged"):
        _setup(mac)
    assert not list(extensions.iterdir())
    assert not (mac / "home" / "dawscribe.ablx").exists()


def test_no_live_is_said_and_a_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with raises_code("live-not-found"):
        _setup(tmp_path)
    with raises_code("live-library-missing"):
        _setup(tmp_path, portable=tmp_path / "gone")
    (tmp_path / "lib").mkdir()
    _setup(tmp_path, portable=tmp_path / "lib")
    assert (tmp_path / "lib" / "Remote Scripts" / "dawscribe" / "engine.py").exists()


def test_a_folder_that_was_named_from_where_one_stood_is_cleared_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "shelf" / "My Library" / "Remote Scripts" / "dawscribe"
    script.parents[1].mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "shelf")
    host = _host(tmp_path)
    host.install(Path("My Library"))
    assert (script / "engine.py").is_file()
    monkeypatch.chdir(tmp_path)
    assert f"{script}: removed." in host.uninstall(None), "on a system where no Live is found"
    assert not script.exists()


def test_live_takes_the_command_or_is_said_not_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "home" / "commands" / "live.json"
    taken: list[dict[str, Any]] = []

    def script() -> None:
        while not command.exists():
            time.sleep(0.01)
        taken.append(json.loads(command.read_text(encoding="utf-8")))
        command.unlink()

    ear = threading.Thread(target=script)
    ear.start()
    _host(tmp_path).request_selected({"quantise": "1/8"})
    ear.join()
    assert taken[0]["command"] == "transcribe_selected"
    assert taken[0]["options"] == {"quantise": "1/8"}
    monkeypatch.setattr("bridge.hosts.live.host.ANSWER_S", 0.1)
    with raises_code("host-silent"):
        _host(tmp_path).request_selected({})
    assert not command.exists(), "nobody obeys it later"


def test_a_request_that_does_not_say_where_the_clip_stands_is_refused(tmp_path: Path) -> None:
    request = Request("some-id-1", "live", (ItemRequest(AudioSpan(tmp_path / "a.wav"), "a"),))
    item = ItemResult("a", Score((), 1.0), extra={"live": {"warp": []}})
    assert _host(tmp_path).deliver([item], request, tmp_path) == [item]
    with raises_code("request-field-invalid"):
        _host(tmp_path).deliver([ItemResult("a", Score((), 1.0))], request, tmp_path)
