"""Find the songs of a catalogue and know them by their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bridge.errors import InputError, PluginError
from bridge.plugins.install_hint import pip_install

AUDIO_SUFFIXES = (
    *(".wav", ".w64", ".rf64", ".aif", ".aiff", ".caf", ".flac", ".ogg", ".opus", ".mp3", ".mp2"),
    *(".m4a", ".mp4", ".mov", ".wma", ".webm", ".mka"),
)
"""Suffixes of songs inside a folder; a file that is named itself is taken whatever its suffix."""
BLOCK = 1 << 20
"""Bytes read at a time for the content hash."""


@dataclass(frozen=True, slots=True)
class Song:
    """One recording: a path or a URL, with what tells cheaply that it changed."""

    path: str
    size: int
    modified: str
    """Time or tag of the last change, as the storage gives it."""

    @property
    def stamp(self) -> str:
        """Return the facts of a file that change with it."""
        return f"{self.size} {self.modified}"

    @property
    def is_nameable(self) -> bool:
        """Return whether the table, which is UTF-8, can hold the path."""
        try:
            self.path.encode()
        except UnicodeEncodeError:
            return False
        return True


def is_url(path: str) -> bool:
    """Return whether a path names a place for fsspec, such as ``s3://bucket/songs``."""
    return "://" in path


def find_songs(places: Iterable[str], leave_out: Path) -> Iterator[Song]:
    """Yield every song below some folders, files and URLs once, sorted within each.

    Args:
        places: folders, files, or URLs that fsspec understands.
        leave_out: the catalogue's own folder, whose stems are no songs.

    Raises:
        InputError: a place is not there.
        PluginError: a URL, and fsspec is not installed.
    """
    seen: set[str] = set()
    for place in places:
        found = _in_storage(place) if is_url(place) else _in_folder(Path(place), leave_out.absolute())
        for song in found:
            if song.path not in seen:
                seen.add(song.path)
                yield song


def _in_folder(place: Path, leave_out: Path) -> Iterator[Song]:
    if place.is_file():
        yield _song(place.absolute())
        return
    if not place.is_dir():
        raise InputError(
            f"There is no folder or file {place}; name the folders that hold the recordings.", code="songs-not-found"
        )
    for parent, folders, names in os.walk(place.absolute()):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and Path(parent, f) != leave_out)
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() in AUDIO_SUFFIXES and not name.startswith(".") and path.is_file():
                yield _song(path)


def _song(path: Path) -> Song:
    found = path.stat()
    return Song(os.fsencode(path).decode("utf-8", "surrogateescape"), found.st_size, str(found.st_mtime_ns))


def _in_storage(place: str) -> Iterator[Song]:
    storage, root = _storage(place)
    protocol = place.split("://")[0]
    try:
        found = storage.find(root, detail=True)
    except Exception as e:  # each storage's package has errors of its own, such as for lacking credentials
        raise InputError(
            f"{place} cannot be listed ({e}); check the address and your access.", code="storage-unlistable"
        ) from e
    if not found:
        raise InputError(f"There is nothing at {place}; check the address.", code="storage-empty")
    for path, about in sorted(found.items()):
        if path.lower().endswith(AUDIO_SUFFIXES) or path == root:
            modified = next((str(about[k]) for k in ("ETag", "etag", "LastModified", "mtime") if about.get(k)), "")
            url = path if is_url(path) else f"{protocol}://{path.lstrip('/') if protocol != 'file' else path}"
            yield Song(url, int(about.get("size") or 0), modified)


def _storage(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as e:
        raise PluginError(
            f"Recordings at {url} need the package fsspec: {pip_install('fsspec')}", code="package-missing-fsspec"
        ) from e
    try:
        storage, path = url_to_fs(url)
    except (ImportError, ValueError) as e:
        raise PluginError(f"{url} cannot be opened: {e}", code="storage-unreachable") from e
    return storage, path


def open_song(path: str) -> BinaryIO:
    """Open the bytes of a song, wherever it lies; OSError where that fails."""
    if not is_url(path):
        return Path(path).open("rb")
    storage, inner = _storage(path)
    opened: BinaryIO = storage.open(inner, "rb")
    return opened


def content_hash(path: str) -> str:
    """Compute the sha256 of a song's bytes.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with open_song(path) as f:
        while block := f.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
