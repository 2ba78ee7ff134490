"""Files that survive crashes.

Atomic replacement, locks that the system frees, bounded reading of hostile files.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from bridge.errors import ConfigError, InputError, StoreError, writing


def expand_user_path(text: str, setting: str) -> Path:
    """A path as the user wrote it in ``setting``, where "~" is a home.

    Raises:
        ConfigError: it is the home of somebody whom this computer does not know.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as e:
        raise ConfigError(
            f'The folder "{text[:80]}" of {setting} cannot be found; give the full path there.', code="folder-not-found"
        ) from e


def find_program(name: str) -> str | None:
    """The program of that name on the search path, None where there is none.

    Never one in the current folder, where Windows looks first: a song's folder may bring an ``npm.cmd`` of its own.
    """
    endings = ["", *os.environ.get("PATHEXT", "").split(";")] if sys.platform == "win32" else [""]
    for folder in os.get_exec_path():
        for ending in endings:
            path = os.path.join(folder, name + ending)
            if os.path.isabs(path) and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def inside(folder: Path, name: object) -> Path | None:
    """Return a plain file of a folder by the path that somebody wrote; None for any other, also behind a link."""
    if not isinstance(name, str) or not name or "\0" in name:
        return None
    path = (folder / name).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def own_home(home: Path) -> None:
    """Make dawscribe's home where it is missing, and close it to everybody but its user.

    What lies there is trusted: settings, the program that DAW scripts start, compiled networks; and it holds the
    user's sounds.

    Raises:
        StoreError: it cannot be made, is somebody else's, or others may have written there.
    """
    with writing(home, "home-unwritable"):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = home.stat()
        if sys.platform == "win32":
            return  # the user's profile is closed to others
        if found.st_uid != os.geteuid():
            raise StoreError(
                f"dawscribe's home {home} is another user's; set DAWSCRIBE_HOME to a folder of your own.",
                code="home-of-another",
            )
        if found.st_mode & 0o002 or (found.st_mode & 0o020 and not _is_own_group(found.st_gid)):
            raise StoreError(
                f"Other users may write in dawscribe's home {home}; look at the config.toml there, "
                f"then close it: chmod 700 '{home}'",
                code="home-open-to-others",
            )
        if found.st_mode & 0o077:
            home.chmod(0o700)


def _is_own_group(group: int) -> bool:
    """Return whether nobody but the user is in it, as many systems make a group for each user and let it write."""
    if sys.platform == "win32":
        return True
    import grp
    import pwd

    try:
        user, found = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return user.pw_gid == group and found.gr_name == user.pw_name and set(found.gr_mem) <= {user.pw_name}


def write_json(path: Path, data: Mapping[str, Any], *, durable: bool = True) -> None:
    """Replace ``path`` by ``data`` in one step.

    Args:
        path: the file.
        data: the JSON object.
        durable: whether it must survive a power loss; what is written many times a second need not.

    Raises:
        OSError: it cannot be written.
        InputError: a name in it is not in UTF-8, as those of old disks are; no JSON can hold it.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        content = text.encode()
    except UnicodeEncodeError as e:
        raise _not_utf8(text[text.rfind('"', 0, e.start) + 1 : text.find('"', e.end)]) from e
    write_bytes(path, content, durable=durable)


def check_name(path: Path) -> None:
    """Raise InputError where no JSON, and so no script of a DAW, can be told of a path."""
    try:
        str(path).encode()
    except UnicodeEncodeError as e:
        raise _not_utf8(str(path)) from e


def _not_utf8(name: str) -> InputError:
    return InputError(
        f"{os.fsencode(name).decode(errors='replace')} is not a name in UTF-8; rename the file or folder, "
        "then try again.",
        code="name-not-utf8",
    )


BEAT_BYTES = 2048
"""Size that a heartbeat is filled up to with blanks, so that the next one fits into its place on a full disk."""


def write_beat(path: Path, data: Mapping[str, Any]) -> None:
    """Replace ``path`` by ``data``, or write it over the old content where a full disk has no room for another file.

    Nothing is raised: a heartbeat that cannot be written must not end what beats.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode().ljust(BEAT_BYTES)
    try:
        write_bytes(path, text, durable=False)
    except OSError:
        with contextlib.suppress(OSError), path.open("r+b") as f:
            if os.fstat(f.fileno()).st_size == len(text):
                f.write(text)


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace ``path`` by ``data`` in one step, as :func:`write_json` does."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as f:
            f.write(data)
            if durable:
                f.flush()
                os.fsync(f.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_output(path: Path, data: bytes) -> None:
    """Write a file that the user asked for, whole or not at all.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """
    with writing(path, "output-unwritable"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)


def check_output(target: Path, audio: Path) -> None:
    """Refuse a folder, or the audio itself, as the place of a file; before long work and not after it.

    Raises:
        InputError: the audio lies there.
        StoreError: a folder lies there.
    """
    if target.is_dir():
        raise StoreError(f"{target} is a folder; choose another name for the file.", code="output-is-folder")
    if target.exists() and audio.exists() and target.samefile(audio):
        message = f"{target.name} is the audio itself; choose another name for the file."
        raise InputError(message, code="output-over-audio")


def sync_folder(folder: Path) -> None:
    """Make renames inside ``folder`` survive a power loss, where the system can (Windows does so by itself)."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make what was written to ``path`` survive a power loss; OSError where the disk refuses."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def read_untrusted(path: Path, largest: int) -> bytes:
    """The content of a plain file of at most ``largest`` bytes; links and devices are not followed.

    The sentences of its errors are for a DAW script's request; who reads another file says what is wrong with that.

    Raises:
        InputError: it is not a plain file, or too large.
        OSError: it cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        # The system itself refuses links where it can; elsewhere they are looked for first.
        handle = -1 if not hasattr(os, "O_NOFOLLOW") and path.is_symlink() else os.open(path, flags)
    except OSError:
        if not path.is_symlink():
            raise
        handle = -1
    if handle < 0:
        raise InputError(f"{path.name} is a link, not a file; update dawscribe's DAW scripts.", code="request-is-link")
    with os.fdopen(handle, "rb") as f:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path.name} is not a file; update dawscribe's DAW scripts.", code="request-not-a-file")
        if status.st_size > largest:
            raise InputError(
                f"{path.name} is far too large for a request; update dawscribe's DAW scripts.", code="request-too-large"
            )
        # Not of the largest size at once: that much memory is taken, and given back, for every small file.
        data = f.read(status.st_size + 1)
        return data if len(data) <= status.st_size else (data + f.read(max(0, largest - len(data))))[:largest]


class FileLock:
    """A lock on a file that the system frees when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Take the lock if it is free.

        Whether this object now holds it. OSError where the folder cannot be written.
        """
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+b")
        try:
            if sys.platform == "win32":
                import msvcrt

                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def is_held(self) -> bool:
        """Return whether the lock is ours and its file still lies where others would look for it."""
        if self._file is None:
            return False
        try:
            there, ours = os.stat(self._path), os.fstat(self._file.fileno())
        except FileNotFoundError:
            return False
        except OSError:  # it cannot be looked at for the moment
            return True
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def mark(self) -> None:
        """Note on the file that its holder lives."""
        with contextlib.suppress(OSError):
            os.utime(self._path)

    def marked_at(self) -> float:
        """Return when a holder last lived, Unix time; now where that is not known."""
        try:
            return self._path.stat().st_mtime
        except OSError:
            return time.time()

    def free(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None
