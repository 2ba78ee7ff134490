"""``dawscribe setup live``: Remote Script into the user library, extension beside Live's others, and out again."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import bridge
from bridge.errors import DawscribeError, HostError, writing
from bridge.files import check_name, read_untrusted, write_json
from bridge.hosts.live.bundle import bundle
from bridge.hosts.live.library import extension_folder, libraries, versions
from bridge.spool.launcher import prepare, program, scripts_folder
from bridge.spool.untrusted_json import parse_json

FOLDER = "dawscribe"
"""Folder of the script; Live shows it under this name."""
RECORD = "installed.json"
"""In each folder of ours: which version it is, and where the home lies. What lacks it is not ours to remove."""
EXTENSION_FOLDER = "dawscribe.dawscribe"
"""<author>.<name>, as Live names the folder of an extension."""
PACKAGE = "dawscribe.ablx"
"""The extension as Live's settings take it, in dawscribe's home."""
PLACES = "live-scripts.json"
"""In dawscribe's home: where the script was installed, for a library that is moved afterwards."""
MAX_PLACES_BYTES = 1 << 20
SPOOL_FOLDERS = ("inbox", "jobs", "hosts", "commands", "logs")


def setup(home: Path, *, uninstall: bool, library: Path | None = None) -> list[str]:
    """Install for, or remove from, every Live of this user.

    Args:
        home: dawscribe's home.
        uninstall: take everything out again.
        library: the user library, instead of those found.

    Returns:
        Lines that say what was done.

    Raises:
        HostError: there is no Live, or a folder of somebody else's has our name.
        StoreError: a folder cannot be written.
        InputError: the library's name is not in UTF-8.
    """
    extensions = extension_folder() if library is None else None
    known = _known_places(home)
    if uninstall:
        return _uninstall(home, known, extensions, library)
    found = libraries(library)
    targets = [folder / "Remote Scripts" / FOLDER for folder in found]
    for target in targets:
        check_name(target)
    with writing(found[0], "daw-settings-unwritable", exact=True):
        prepare(home, SPOOL_FOLDERS)
        lines = [_install_script(target, home) for target in targets]
        lines += _install_extension(extensions, home)
        write_json(home / PLACES, {"places": [str(p) for p in dict.fromkeys([*known, *targets])]})
    heads = versions()
    return [*([f"Found: {', '.join(heads)}."] if heads else []), *lines, *_next_steps(home)]


def _uninstall(home: Path, known: list[Path], extensions: Path | None, library: Path | None) -> list[str]:
    """Remove what lies in the libraries there are, and where the script was installed before they were moved."""
    try:
        targets = [folder / "Remote Scripts" / FOLDER for folder in libraries(library)]
    except HostError:
        if library is not None or not known:
            raise
        targets = []
    if library is None:
        targets += [place for place in known if place not in targets and (place / RECORD).is_file()]
    with writing(targets[0] if targets else home, "daw-settings-unwritable", exact=True):
        lines = [_remove(target) for target in targets]
        if extensions is not None:
            lines.append(_remove(extensions / EXTENSION_FOLDER))
        (home / PACKAGE).unlink(missing_ok=True)
        left = [str(place) for place in known if place not in targets and (place / RECORD).is_file()]
        if left:
            write_json(home / PLACES, {"places": left})
        else:
            (home / PLACES).unlink(missing_ok=True)
    return lines


def _known_places(home: Path) -> list[Path]:
    """Return the places of the script that the home notes; empty where nothing usable is noted."""
    try:
        noted = parse_json(read_untrusted(home / PLACES, MAX_PLACES_BYTES), PLACES).get("places")
    except (OSError, DawscribeError):
        return []
    places = [Path(p) for p in noted if isinstance(p, str)] if isinstance(noted, list) else []
    return [p for p in places if p.is_absolute() and p.name == FOLDER]


def _next_steps(home: Path) -> list[str]:
    return [
        'Restart Live, then choose "dawscribe" once as a control surface: Settings > Link, Tempo & MIDI.',
        "Click an audio clip and run 'dawscribe selected live', or send OSC: /dawscribe/transcribe/selected live.",
        f"Live Suite with extensions: drop {home / PACKAGE} on Settings > Extensions for a right-click menu.",
    ]


def _install_script(target: Path, home: Path) -> str:
    _clear(target)
    shutil.copytree(scripts_folder() / "live" / "remote_script" / FOLDER, target, ignore=_bytecode)
    write_json(target / RECORD, {"version": bridge.__version__, "home": str(home)})
    return f"{target}: dawscribe's Remote Script is installed."


def _install_extension(extensions: Path | None, home: Path) -> list[str]:
    """Pack the extension, and unpack it where Live starts extensions from."""
    source = scripts_folder() / "live" / "extension"
    files = {
        "manifest.json": (source / "manifest.json").read_bytes(),
        "extension.js": bundle(source, "extension").encode(),
    }
    record = {"version": bridge.__version__, "home": str(home), "relay": program("relay", "--home", str(home))}
    files[RECORD] = json.dumps(record).encode()
    draft = home / f".{PACKAGE}.tmp"
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(name, data)
    draft.replace(home / PACKAGE)
    if extensions is None:
        return []
    target = extensions / EXTENSION_FOLDER
    _clear(target)
    target.mkdir(parents=True)
    for name, data in files.items():
        (target / name).write_bytes(data)
    return [f"{target}: dawscribe's extension is installed."]


def _bytecode(folder: Any, names: list[str]) -> set[str]:
    del folder
    return {name for name in names if name == "__pycache__" or name.endswith(".pyc")}


def _clear(target: Path) -> None:
    """Make room for a new version of ours."""
    if target.is_symlink() or (target.exists() and not (target / RECORD).is_file()):
        raise HostError(
            f"{target} exists and is not dawscribe's; move it away and try again.", code="daw-scripts-of-another"
        )
    if target.exists():
        shutil.rmtree(target)


def _remove(target: Path) -> str:
    if not (target / RECORD).is_file() or target.is_symlink():
        return f"{target}: there is nothing of dawscribe's."
    shutil.rmtree(target)
    return f"{target}: removed."
