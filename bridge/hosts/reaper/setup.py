"""``dawscribe setup reaper``: scripts, actions, menu entry, toolbar file and listener, in and out again."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import bridge
from bridge.errors import HostError, StoreError
from bridge.files import write_bytes, write_json
from bridge.hosts.reaper import ini_edits, resource_folder
from bridge.hosts.reaper.actions import ACTION, FOLDER
from bridge.hosts.reaper.ini_edits import EDITS, Edit
from bridge.spool_home import prepare, scripts_folder

RECORD = "installed.json"
BACKUP_SUFFIX = ".before-dawscribe"
TOOLBAR = "MenuSets/dawscribe.ReaperMenu"
SPOOL_FOLDERS = ("inbox", "jobs", "commands", "audio", "logs")
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
    if resource_folder.is_running():
        raise HostError("REAPER is running and would overwrite its settings; end it and try again.")
    try:
        if uninstall:
            return [_remove(resources) for resources in found]
        prepare(home, SPOOL_FOLDERS)
        return [line for resources in found for line in _install(resources)]
    except OSError as e:
        raise StoreError(f"{e.filename or found[0]} cannot be written ({e.strerror}); check its permissions.") from e


def _install(resources: Path) -> list[str]:
    source, target = scripts_folder(), resources / "Scripts" / FOLDER
    record = _read_record(target)
    target.mkdir(parents=True, exist_ok=True)
    for script in sorted((source / "reaper").glob("dawscribe_*.lua")):
        shutil.copy(script, target / script.name)
    for part, name in ((source / "reaper" / "lib", "lib"), (source / "lib", "shared")):
        shutil.rmtree(target / name, ignore_errors=True)
        shutil.copytree(part, target / name)
    digests = {edit.path: _apply(resources, edit, record) for edit in EDITS}
    (resources / TOOLBAR).parent.mkdir(exist_ok=True)
    write_bytes(resources / TOOLBAR, ini_edits.toolbar().encode())
    files = {path: digest for path, digest in digests.items() if digest}
    write_json(target / RECORD, {"version": bridge.__version__, "files": files})
    return [f"{resources}: dawscribe's actions are in the action list.", *_menu_lines(resources)]


def _menu_lines(resources: Path) -> list[str]:
    if ini_edits.has_item_menu(_read(resources / "reaper-menu.ini") or ""):
        return [f'The right-click menu of media items ends with "{ini_edits.MENU_TITLE}".']
    return [CLICKS, f"A toolbar to import in the same window: {resources / TOOLBAR}"]


def _apply(resources: Path, edit: Edit, record: dict[str, str]) -> str | None:
    """Change one file; the digest of what it is now, None where it was left alone."""
    path = resources / edit.path
    before = _read(path)
    if before is None and not edit.creates:
        return None
    after = edit.add(before or "")
    if after == before:
        return record.get(edit.path)
    backup = path.with_name(path.name + BACKUP_SUFFIX)
    if edit.path not in record and before is not None:
        write_bytes(backup, before.encode("latin-1"))
    content = after.encode("latin-1")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, content)
    return _digest(content)


def _remove(resources: Path) -> str:
    target = resources / "Scripts" / FOLDER
    record = _read_record(target)
    for edit in EDITS:
        _restore(resources / edit.path, edit, record.get(edit.path))
    (resources / TOOLBAR).unlink(missing_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    for folder in (resources / "MenuSets", resources / "Scripts"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return f"{resources}: dawscribe's scripts and actions are removed."


def _restore(path: Path, edit: Edit, written: str | None) -> None:
    backup = path.with_name(path.name + BACKUP_SUFFIX)
    present = _read(path)
    if present is not None:
        untouched = written is not None and _digest(present.encode("latin-1")) == written
        if untouched and backup.is_file():
            # Nobody changed it since: the user's own file comes back byte for byte.
            write_bytes(path, backup.read_bytes())
        else:
            rest = edit.remove(present)
            if rest or not edit.creates:
                write_bytes(path, rest.encode("latin-1"))
            else:
                path.unlink()
    backup.unlink(missing_ok=True)


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("latin-1")
    except FileNotFoundError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_record(target: Path) -> dict[str, str]:
    try:
        files = json.loads((target / RECORD).read_bytes())["files"]
        return {str(path): str(digest) for path, digest in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
