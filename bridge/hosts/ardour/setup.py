"""``dawscribe setup ardour``: scripts, toolbar button, hook and instrument preset, in and out again."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import bridge
from bridge.errors import HostError, writing
from bridge.files import write_bytes, write_json
from bridge.hosts.ardour import config_folder, preset
from bridge.hosts.ardour.ui_scripts import UiScripts
from bridge.spool.launcher import prepare, scripts_folder

ACTIONS = {
    "Transcribe selection": "dawscribe_transcribe.lua",
    "Transcribe with options": "dawscribe_transcribe_with_options.lua",
    "Review transcription": "dawscribe_review.lua",
}
"""The buttons in their order; the scripts' headers say the same names."""
HOOK, HOOK_FILE = "dawscribe results", "dawscribe_results.lua"
DEFAULTS = {"Mixer Screenshot": "mixer_screenshot.lua", "List Plugins": "list_plugins.lua"}
"""Ardour's own scripts that it puts on buttons 1 and 2 where there is no file of bindings yet."""
FOLDER = "dawscribe"
"""Folder of the scripts' modules in Ardour's configuration."""
RECORD, BACKUP = "installed.json", "ui_scripts.before"
"""Inside FOLDER: what the scripts read, with a digest of what setup wrote, and the user's file from before. Digest and
file are only good as long as nobody binds anything else: then there is no way back but to take ours out."""
SPOOL_FOLDERS = ("inbox", "jobs", "hosts", "commands", "logs")
"""Lua cannot make folders, so those that the scripts write to are made here."""


def setup(home: Path, *, uninstall: bool, folder: Path | None = None) -> list[str]:
    """Install into, or remove from, every Ardour of this user.

    Args:
        home: dawscribe's home.
        uninstall: take everything out again.
        folder: one configuration folder, instead of those found; it must be there.

    Returns:
        Lines that say what was done.

    Raises:
        HostError: there is no Ardour, or it runs.
        StoreError: a folder cannot be written.
    """
    if folder is not None and not folder.is_dir():
        raise HostError(
            f"There is no folder {folder}; name the configuration folder of an Ardour, started once.",
            code="ardour-folder-missing",
        )
    found = [folder] if folder else config_folder.folders()
    if not found:
        raise HostError(
            "No configuration of Ardour 7, 8 or 9 was found; start Ardour once, end it, and try again.",
            code="ardour-not-found",
        )
    running = [f for f in found if config_folder.is_running(f)]
    if running:
        raise HostError("Ardour is running and would overwrite its settings; end it and try again.", code="daw-running")
    with writing(found[0], "daw-settings-unwritable", exact=True):
        if uninstall:
            if folder is None:
                # It is not in the folder but the user's: every other Ardour plays with it too.
                preset.remove()
            return [_remove(f) for f in found]
        prepare(home, SPOOL_FOLDERS)
        return [*(_install(f, home) for f in found), _place_preset(home)]


def copy_modules(target: Path) -> None:
    """Copy the scripts' modules, with the library they share with other DAWs' scripts."""
    shutil.copytree(scripts_folder() / "ardour" / FOLDER, target, dirs_exist_ok=True)
    shutil.copytree(scripts_folder() / "lib", target / "lib", dirs_exist_ok=True)


def _install(config: Path, home: Path) -> str:
    source = scripts_folder()
    scripts, modules = config / "scripts", config / FOLDER
    ui_file = config / "ui_scripts"
    # Read first: a file that cannot be understood stops us before anything is written.
    ui = UiScripts(ui_file)
    scripts.mkdir(parents=True, exist_ok=True)
    modules.mkdir(exist_ok=True)
    copy_modules(modules)
    for name in (*ACTIONS.values(), HOOK_FILE):
        shutil.copy(source / "ardour" / name, scripts / name)
    untouched = _keep_way_back(ui_file, modules)
    if not ui_file.exists():
        _bind_defaults(ui, config)
    slots = [ui.bind(name, (scripts / f).read_text(encoding="utf-8"), scripts / f) for name, f in ACTIONS.items()]
    hook = (scripts / HOOK_FILE).read_text(encoding="utf-8")
    ui.add_hook(HOOK, hook, config_folder.timer_bit(config))
    content = ui.to_bytes()
    write_bytes(ui_file, content)
    digest = _digest(content) if untouched else None
    write_json(modules / RECORD, {"version": bridge.__version__, "home": str(home), "ui_scripts": digest})
    buttons = ", ".join(f"'{name}' is script button {slot}" for name, slot in zip(ACTIONS, slots, strict=True))
    return f"{config}: {buttons} of the toolbar; all are in the menu Edit > Lua Scripts."


def _keep_way_back(ui_file: Path, modules: Path) -> bool:
    """Copy the user's file before ours is in it; False where it was changed since an earlier set-up copied it."""
    if not (modules / RECORD).exists():
        if ui_file.exists():
            shutil.copy(ui_file, modules / BACKUP)
        return True
    return ui_file.exists() and _digest(ui_file.read_bytes()) == _recorded(modules)


def _bind_defaults(ui: UiScripts, config: Path) -> None:
    """Return the content of the first buttons as Ardour would make it, had it made the file itself."""
    scripts = config_folder.system_scripts(config)
    for slot, (name, file) in enumerate(DEFAULTS.items(), 1):
        if scripts is not None and (scripts / file).is_file():
            ui.bind(name, (scripts / file).read_text(encoding="utf-8"), scripts / file, slot)


def _remove(config: Path) -> str:
    modules, ui_file = config / FOLDER, config / "ui_scripts"
    if ui_file.exists():
        if _digest(ui_file.read_bytes()) == _recorded(modules):
            # Nobody touched it since: the user's own file comes back byte for byte.
            if (modules / BACKUP).exists():
                write_bytes(ui_file, (modules / BACKUP).read_bytes())
            else:
                ui_file.unlink()
        else:
            ui = UiScripts(ui_file)
            for name, file in ACTIONS.items():
                ui.unbind(name, config / "scripts" / file)
            ui.remove_hook(HOOK)
            write_bytes(ui_file, ui.to_bytes())
    for name in (*ACTIONS.values(), HOOK_FILE):
        (config / "scripts" / name).unlink(missing_ok=True)
    shutil.rmtree(modules, ignore_errors=True)
    return f"{config}: dawscribe's scripts are removed."


def _place_preset(home: Path) -> str:
    font = preset.find_soundfont([home / "models"])
    if font is None:
        preset.remove()
        return (
            "No General MIDI soundfont was found, so new tracks get Ardour's Reasonable Synth; "
            "run 'dawscribe models fetch soundfont', then 'dawscribe setup ardour' again."
        )
    return f"{preset.place(font)}: new tracks play {font.name} with ACE Fluid Synth."


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _recorded(modules: Path) -> Any:
    try:
        return json.loads((modules / RECORD).read_bytes())["ui_scripts"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
