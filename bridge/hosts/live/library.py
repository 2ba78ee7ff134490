"""Finds the user libraries of Ableton Live, and where its extensions lie."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import unescape

from bridge.errors import HostError

LIBRARY = "User Library"
MAX_BYTES = 4 << 20
"""Of a Library.cfg; it names folders and plug-ins of one user."""
_PROJECT = re.compile(r'<ProjectName Value="([^"]*)" ?/>\s*<ProjectPath Value="([^"]*)" ?/>')
"""Line with which Live notes in Library.cfg where a user moved the library to."""


def libraries(chosen: Path | None = None) -> list[Path]:
    """The user libraries there are, or the one at ``chosen``.

    Raises:
        HostError: there is none.
    """
    if chosen is not None:
        if not chosen.is_dir():
            raise HostError(
                f"There is no folder {chosen}; name Live's User Library, as its browser shows it.",
                code="live-library-missing",
            )
        # As the ones that are found: the home notes the place, for an uninstall from another folder.
        return [chosen.resolve()]
    found = list(dict.fromkeys(p.resolve() for p in _places() if p.is_dir()))
    if not found:
        raise HostError(
            "Live's User Library was not found; start Live once, or name the folder (its place is in Live's settings "
            "under Library) with --portable DIR.",
            code="live-not-found",
        )
    return found


def versions() -> list[str]:
    """The Lives that have settings here, such as "Live 12.2.1", oldest first."""
    names = {folder.name for folder in _preferences()}
    return sorted(names, key=lambda n: [int(d) for d in re.findall(r"\d+", n)])


def extension_folder() -> Path | None:
    """Find where Live starts extensions from.

    None for a Live without them, or where the place is not known.
    """
    if sys.platform != "darwin":
        return None
    folder = Path.home() / "Library/Application Support/Ableton/Extensions"
    return folder if folder.is_dir() else None


def _places() -> Iterator[Path]:
    for folder in _preferences():
        for name in ("Library.cfg", "Preferences/Library.cfg"):
            yield from _moved(folder / name)
    if sys.platform == "darwin":
        yield Path.home() / "Music/Ableton" / LIBRARY
    elif sys.platform == "win32":
        for documents in (Path.home() / "Documents", Path.home() / "OneDrive/Documents"):
            yield documents / "Ableton" / LIBRARY


def _preferences() -> list[Path]:
    """The folder of settings of every Live."""
    roots = {
        "darwin": Path.home() / "Library/Preferences/Ableton",
        "win32": Path(os.environ.get("APPDATA", Path.home() / "AppData/Roaming")) / "Ableton",
    }
    root = roots.get(sys.platform)
    return sorted(p for p in root.glob("Live *") if p.is_dir()) if root else []


def _moved(config: Path) -> Iterator[Path]:
    try:
        if config.stat().st_size > MAX_BYTES:
            return
        text = config.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for name, folder in _PROJECT.findall(text):
        yield Path(unescape(folder, {"&quot;": '"', "&apos;": "'"})) / unescape(name)
