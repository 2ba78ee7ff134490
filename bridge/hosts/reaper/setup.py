"""``dawscribe setup reaper``: scripts, actions, menu entry, toolbar file and listener, in and out again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bridge
from bridge.errors import HostError, writing
from bridge.files import write_bytes, write_json
from bridge.hosts.reaper import ini_edits, resource_folder
from bridge.hosts.reaper.actions import ACTION, FOLDER, key_line
from bridge.hosts.reaper.ini_edits import EDITS, Edit
from bridge.spool.launcher import prepare, scripts_folder

RECORD = "installed.json"
BACKUP_SUFFIX = ".before-dawscribe"
TOOLBAR = "MenuSets/dawscribe.ReaperMenu"
SPOOL_FOLDERS = ("inbox", "jobs", "commands", "audio", "logs")
FLATPAK_LINES = (
    "The REAPER from Flathub cannot start programs of this computer, so dawscribe has to run before it:",
    "run 'dawscribe setup service' once, and dawscribe is there after every login.",
)
"""Its sandbox holds no Python of the user's."""
CLICKS = (
    f'For the right-click menu: Options > Customize menus/toolbars, choose "Media item context", Add..., '
    f'choose "dawscribe: {ACTION}".'
)


def setup(home: Path, *, uninstall: bool, folder: Path | None = None) -> list[str]:
    """Install into, or remove from, every REAPER of this user.

    Args:
        home: dawscribe's home.
        uninstall: take everything out again.
        folder: the folder of a portable REAPER, instead of the user's own.

    Returns:
        Lines that say what was done.

    Raises:
        HostError: there is no REAPER, or it runs.
        StoreError: a folder cannot be written.
    """
    found = resource_folder.folders(folder)
    if resource_folder.is_running(folder):
        raise HostError("REAPER is running and would overwrite its settings; end it and try again.", code="daw-running")
    with writing(found[0], "daw-settings-unwritable", exact=True):
        if uninstall:
            return [_remove(resources) for resources in found]
        prepare(home, SPOOL_FOLDERS)
        return [line for resources in found for line in _install(resources, home)]


def _install(resources: Path, home: Path) -> list[str]:
    source, target = scripts_folder(), resources / "Scripts" / FOLDER
    made_before = _read_record(target)
    target.mkdir(parents=True, exist_ok=True)
    _remove_scripts(target)
    for script in sorted((source / "reaper").glob("dawscribe_*.lua")):
        shutil.copy(script, target / script.name)
    shutil.copytree(source / "reaper" / "lib", target / "lib")
    shutil.copytree(source / "lib", target / "shared")
    edited = [edit.path for edit in EDITS if _apply(resources, edit, made_before=edit.path in made_before)]
    (resources / TOOLBAR).parent.mkdir(exist_ok=True)
    write_bytes(resources / TOOLBAR, ini_edits.toolbar().encode())
    write_json(target / RECORD, {"version": bridge.__version__, "home": str(home), "files": edited})
    return [
        f"{resources}: dawscribe's actions are in the action list.",
        *_key_lines(resources),
        *_menu_lines(resources),
        *_listener_lines(resources),
        *(FLATPAK_LINES if resources.parts[-5:] == resource_folder.FLATPAK.parts else ()),
    ]


def _key_lines(resources: Path) -> list[str]:
    if key_line() in (_read(resources / "reaper-kb.ini") or "").splitlines():
        return [f'Ctrl+Alt+Shift+T (macOS: Cmd+Option+Shift+T) is "dawscribe: {ACTION}".']
    return []


def _menu_lines(resources: Path) -> list[str]:
    if ini_edits.has_our_action(_read(resources / "reaper-menu.ini") or ""):
        return [f'The right-click menu of media items holds "dawscribe: {ACTION}".']
    return [CLICKS, f"A toolbar to import in the same window: {resources / TOOLBAR}"]


def _listener_lines(resources: Path) -> list[str]:
    if ini_edits.BEGIN in (_read(resources / "Scripts" / "__startup.lua") or ""):
        return []
    return ['The background listener stays off, as you chose; the action "dawscribe: Set up" switches it on.']


def _apply(resources: Path, edit: Edit, *, made_before: bool) -> bool:
    """Change one file; whether our edit is in it, or was and the user took it out."""
    path = resources / edit.path
    before = _read(path)
    text = before or ""
    is_in = edit.remove(text) != text
    if made_before and edit.optional and not is_in:
        return True
    after = edit.add(text)
    if after == text:
        return is_in
    if before is not None and not is_in:
        write_bytes(_backup(path), before.encode("latin-1"))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, after.encode("latin-1"))
    return True


def _remove(resources: Path) -> str:
    target = resources / "Scripts" / FOLDER
    for edit in EDITS:
        _restore(resources / edit.path, edit)
    (resources / TOOLBAR).unlink(missing_ok=True)
    _remove_scripts(target)
    (target / RECORD).unlink(missing_ok=True)
    # ReaPack installs below the same folder; what it holds stays.
    for folder in (target, resources / "MenuSets", resources / "Scripts"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return f"{resources}: dawscribe's scripts and actions are removed."


def _remove_scripts(target: Path) -> None:
    for script in target.glob("dawscribe_*.lua"):
        script.unlink()
    for name in ("lib", "shared"):
        shutil.rmtree(target / name, ignore_errors=True)


def _restore(path: Path, edit: Edit) -> None:
    """Take our edit out of a file.

    The backup is written back only where nothing else has changed since it was made: REAPER and the user go on
    writing to these files.
    """
    present, backup = _read(path), _backup(path)
    if present is not None:
        rest = edit.remove(present)
        kept = _read(backup)
        if kept is not None and edit.remove(edit.add(kept)) == rest:
            write_bytes(path, kept.encode("latin-1"))
        elif rest or not edit.creates:
            write_bytes(path, rest.encode("latin-1"))
        else:
            path.unlink()
    backup.unlink(missing_ok=True)


def _backup(path: Path) -> Path:
    return path.with_name(path.name + BACKUP_SUFFIX)


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("latin-1")
    except FileNotFoundError:
        return None


def _read_record(target: Path) -> set[str]:
    """The files that an earlier set-up changed."""
    try:
        return {str(path) for path in json.loads((target / RECORD).read_bytes())["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
