"""``dawscribe setup ardour`` on real configuration folders, without Ardour."""

from __future__ import annotations

import base64
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import lupa.lua53
import pytest

from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from tests.raising import raises_code

ACTION, OPTIONS, REVIEW = "Transcribe selection", "Transcribe with options", "Review transcription"
HOOK = "dawscribe results"


def no_model(name: str) -> Path:
    raise AssertionError(name)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration folder of an Ardour 7 that was started once."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "ardour7"
    folder.mkdir(parents=True)
    return folder


def setup(tmp_path: Path, *, uninstall: bool = False, portable: Path | None = None) -> list[str]:
    context = Context(no_model, tmp_path / "cache", tmp_path / "spool")
    host: Any = plugins.create("hosts", "ardour", {}, context)
    lines: list[str] = host.uninstall(portable) if uninstall else host.install(portable)
    return lines


def bound(config: Path) -> Any:
    """The table that Ardour would load from ui_scripts, and the Lua that holds it."""
    lua: Any = lupa.lua53.LuaRuntime()
    text = ET.parse(config / "ui_scripts").getroot().findtext("ActionScript") or ""
    lua.execute(base64.b64decode(text).decode())
    return lua.globals().scripts, lua


def hooks(config: Path) -> list[ET.Element]:
    return list(ET.parse(config / "ui_scripts").getroot().iterfind("ActionHooks/LuaCallback"))


def users_own(config: Path, slots: str = "") -> bytes:
    """A ui_scripts as Ardour writes it, with a script of the user's own."""
    lua = 'scripts = {} scripts[1] = {} scripts[1]["n"] = "Mine" scripts[1]["s"] = "-- \\"mine\\" \\\\ scripts[3]" '
    lua += 'scripts[1]["a"] = {} scripts[1]["a"]["x"] = "y" ' + slots
    code = base64.b64encode(lua.encode()).decode()
    text = f'<?xml version="1.0"?>\n<UIScripts><ActionScript lua="Lua 5.3">{code}</ActionScript><ActionHooks>'
    text += (
        '<LuaCallback lua="Lua 5.3" id="7301" name="My hook" signals="1">eA==</LuaCallback></ActionHooks></UIScripts>'
    )
    (config / "ui_scripts").write_text(text)
    return (config / "ui_scripts").read_bytes()


def test_binds_action_icon_and_hook(tmp_path: Path, config: Path) -> None:
    setup(tmp_path)
    scripts, lua = bound(config)
    assert [scripts[slot]["n"] for slot in (3, 4, 5)] == [ACTION, OPTIONS, REVIEW]
    for chunk in ("f", "c"):
        for slot in (3, 4, 5):
            assert lua.eval("type(load(...)())", scripts[slot][chunk]) == "function"
    assert lua.globals().factory is None, "the chunk leaves globals behind"
    (hook,) = hooks(config)
    assert (hook.get("name"), hook.get("signals")) == (HOOK, "1" + 47 * "0")
    code = base64.b64decode(hook.text or "").decode()
    lua.execute(code)
    assert lua.eval("type(load(s.f)())") == "function"
    for name in ("app", "insert", "lib/json", "lib/files"):
        assert (config / "dawscribe" / f"{name}.lua").is_file()
    assert (tmp_path / "spool" / "inbox").is_dir()
    assert "__main__.py" in (tmp_path / "spool" / "launcher.json").read_text()


def test_the_scripts_find_a_home_that_was_moved_in_a_shell_only(tmp_path: Path, config: Path) -> None:
    setup(tmp_path)
    lua: Any = lupa.lua53.LuaRuntime()
    lua.execute("os.getenv = function(name) return name == 'HOME' and '/home/nobody' or nil end; package = nil")
    app = lua.eval("function(folder) return assert(loadfile(folder .. 'app.lua'))(folder) end")(f"{config}/dawscribe/")
    assert app.spool.home == str(tmp_path / "spool")
    assert lua.eval("function(app) return app.spool:can_work() end")(app)


def test_twice_is_once(tmp_path: Path, config: Path) -> None:
    users_own(config)
    setup(tmp_path)
    first = (config / "ui_scripts").read_bytes()
    setup(tmp_path)
    assert (config / "ui_scripts").read_bytes() == first


def test_leaves_the_users_own_scripts_alone(tmp_path: Path, config: Path) -> None:
    taken = 'scripts[3] = {} scripts[3]["n"] = "Transcribe selection" scripts[3]["s"] = "another\'s" '
    before = users_own(config, taken)
    setup(tmp_path)
    scripts, _ = bound(config)
    assert {slot: scripts[slot]["n"] for slot in scripts} == {1: "Mine", 3: ACTION, 4: ACTION, 5: OPTIONS, 6: REVIEW}
    assert scripts[1]["s"] == '-- "mine" \\ scripts[3]'
    assert [h.get("name") for h in hooks(config)] == ["My hook", HOOK]
    setup(tmp_path, uninstall=True)
    assert (config / "ui_scripts").read_bytes() == before
    assert not (config / "dawscribe").exists()
    assert not list((config / "scripts").iterdir())


def bind_another(config: Path) -> None:
    """What Ardour does when the user binds a script of his own."""
    text = (config / "ui_scripts").read_text()
    code = re.search(r"<ActionScript[^>]*>([^<]*)", text)
    assert code
    later = base64.b64decode(code[1]) + b'scripts[2] = {} scripts[2]["n"] = "Later" '
    (config / "ui_scripts").write_text(text.replace(code[1], base64.b64encode(later).decode()))


@pytest.mark.parametrize("again", [0, 1, 2])
def test_uninstall_after_changes_in_ardour_takes_out_only_ours(tmp_path: Path, config: Path, again: int) -> None:
    """Also where dawscribe was set up again since, as for the soundfont: what was before it is no longer the truth."""
    users_own(config)
    setup(tmp_path)
    bind_another(config)
    for _ in range(again):
        setup(tmp_path)
    setup(tmp_path, uninstall=True)
    scripts, _ = bound(config)
    assert {slot: scripts[slot]["n"] for slot in scripts} == {1: "Mine", 2: "Later"}
    assert [h.get("name") for h in hooks(config)] == ["My hook"]


def test_uninstall_keeps_a_file_that_the_user_has_bound_scripts_in_since(tmp_path: Path, config: Path) -> None:
    setup(tmp_path)
    bind_another(config)
    setup(tmp_path)
    setup(tmp_path, uninstall=True)
    scripts, _ = bound(config)
    assert scripts[2]["n"] == "Later"


def test_a_new_file_has_ardours_own_buttons_too(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ardour binds them where there is no file, which is the case no longer."""
    program, scripts = tmp_path / "bin" / "ardour7", tmp_path / "share" / "ardour7" / "scripts"
    for folder in (program.parent, scripts):
        folder.mkdir(parents=True)
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    source = 'ardour { name = "x" }\nfunction factory () return function () end end\n'
    for name in ("mixer_screenshot", "list_plugins"):
        (scripts / f"{name}.lua").write_text(source + "function icon () return function () end end\n")
    setup(tmp_path)
    made, lua = bound(config)
    assert {slot: made[slot]["n"] for slot in made} == {
        1: "Mixer Screenshot",
        2: "List Plugins",
        3: ACTION,
        4: OPTIONS,
        5: REVIEW,
    }
    assert made[2]["a"]["x-script-origin"] == str(scripts / "list_plugins.lua")
    assert lua.eval("type(load(...)())", made[1]["f"]) == "function"
    setup(tmp_path, uninstall=True)
    assert not (config / "ui_scripts").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere any running Ardour counts")
def test_only_this_users_ardour_counts(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = tmp_path / "proc" / "4711"
    process.mkdir(parents=True)
    (process / "comm").write_text("ArdourGUI\n")
    (process / "environ").write_bytes(f"XDG_CONFIG_HOME={config.parent}\0".encode())
    monkeypatch.setattr("bridge.hosts.ardour.config_folder.PROCESSES", process.parent)
    with raises_code("daw-running"):
        setup(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    setup(tmp_path)


def test_uninstall_leaves_no_file_that_was_not_there(tmp_path: Path, config: Path) -> None:
    setup(tmp_path)
    setup(tmp_path)
    setup(tmp_path, uninstall=True)
    assert not (config / "ui_scripts").exists()
    assert not (tmp_path / ".lv2" / "dawscribe-gm.lv2").exists()


def test_a_fetched_soundfont_becomes_a_preset(tmp_path: Path, config: Path) -> None:
    models = tmp_path / "spool" / "models"
    models.mkdir(parents=True)
    (models / 'odd "name".sf2').write_bytes(b"RIFF")
    lines = setup(tmp_path)
    preset = (tmp_path / ".lv2" / "dawscribe-gm.lv2" / "preset.ttl").read_text()
    assert f'"{models}/odd \\"name\\".sf2"^^atom:Path' in preset
    assert "ACE Fluid Synth" in lines[-1]


def test_one_folder_is_left_and_the_others_keep_the_preset(tmp_path: Path, config: Path) -> None:
    models = tmp_path / "spool" / "models"
    models.mkdir(parents=True)
    (models / "font.sf2").write_bytes(b"RIFF")
    other = tmp_path / "stick" / "ardour7"
    other.mkdir(parents=True)
    setup(tmp_path)
    setup(tmp_path, portable=other)
    assert (other / "dawscribe").is_dir()
    setup(tmp_path, uninstall=True, portable=other)
    assert not (other / "dawscribe").exists()
    assert (config / "dawscribe").is_dir()
    assert (tmp_path / ".lv2" / "dawscribe-gm.lv2").is_dir()


@pytest.mark.parametrize("uninstall", [False, True])
def test_a_folder_that_is_not_there_is_refused_and_not_made(tmp_path: Path, config: Path, uninstall: bool) -> None:
    with raises_code("ardour-folder-missing"):
        setup(tmp_path, uninstall=uninstall, portable=tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_a_file_it_cannot_read_stops_it_before_it_writes(tmp_path: Path, config: Path) -> None:
    (config / "ui_scripts").write_text("<UIScripts><broken")
    with raises_code("ardour-scripts-unreadable"):
        setup(tmp_path)
    assert [p.name for p in config.iterdir()] == ["ui_scripts"]


def test_without_ardour_it_says_so(tmp_path: Path, config: Path) -> None:
    config.rmdir()
    with raises_code("ardour-not-found"):
        setup(tmp_path)
