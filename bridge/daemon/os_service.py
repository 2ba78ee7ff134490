"""The daemon as a service of the user's session: systemd, launchd or the Windows task scheduler."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.config import home_folder
from bridge.daemon.service_files import NAME, property_list, task, unit
from bridge.errors import HostError, StoreError, writing
from bridge.files import find_program, write_bytes
from bridge.spool.launcher import program
from bridge.spool.programs import windowless_python

MAX_WAIT_S = 30
"""A service manager that has not answered by then hangs."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service manager's way."""

    file: Path
    """Where the service file lies."""
    content: bytes
    start: tuple[tuple[str, ...], ...]
    """Commands that make it run, now and at every login."""
    stop: tuple[tuple[str, ...], ...]


def service(system: str, command: Sequence[str], home: Path, user: Path) -> Service:
    """The service for a ``sys.platform``.

    Args:
        system: "linux", "darwin", "win32" ...
        command: what runs dawscribe: the Python and its arguments, one per element.
        home: dawscribe's home.
        user: the user's home folder.
    """
    daemon = [*command, "daemon"]
    if system == "win32":
        file = home / "dawscribe.xml"
        # Else a console would open at every login. A task has no environment, so that the home travels as an option.
        content = task([windowless_python(command[0], system), *daemon[1:], "--home", str(home)])
        create = ("schtasks", "/Create", "/F", "/TN", NAME, "/XML", str(file))
        return Service(
            file, content, (create, ("schtasks", "/Run", "/TN", NAME)), (("schtasks", "/Delete", "/F", "/TN", NAME),)
        )
    if system == "darwin":
        file = user / "Library" / "LaunchAgents" / "dawscribe.plist"
        content = property_list(daemon, home)
        return Service(
            file, content, (("launchctl", "load", "-w", str(file)),), (("launchctl", "unload", "-w", str(file)),)
        )
    file = user / ".config" / "systemd" / "user" / "dawscribe.service"
    systemctl = ("systemctl", "--user")
    return Service(
        file,
        unit(daemon, home),
        ((*systemctl, "daemon-reload"), (*systemctl, "enable", "--now", NAME)),
        ((*systemctl, "disable", "--now", NAME),),
    )


def setup(options: argparse.Namespace) -> list[str]:
    """Install the service, or with ``--uninstall`` remove it.

    Returns:
        What was done, in sentences.

    Raises:
        HostError: the service manager refused.
        StoreError: the service file cannot be written.
    """
    wanted = service(sys.platform, program(), home_folder(), Path.home())
    if options.uninstall:
        if not wanted.file.exists():
            return ["The service was not installed."]
        return _uninstalled(wanted)
    with writing(wanted.file, "service-unwritable"):
        wanted.file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(wanted.file, wanted.content)
        wanted.file.chmod(0o644)
    for line in wanted.start:
        _run(line)
    return [f"Wrote {wanted.file}.", "The daemon runs now and after every login."]


def _uninstalled(wanted: Service) -> list[str]:
    """Remove the service file, whether or not the service manager can be reached to be told."""
    said = []
    for line in wanted.stop:
        try:
            _run(line)
        except HostError as e:
            said.append(str(e))
    try:
        wanted.file.unlink()
    except OSError as e:
        raise StoreError(f"{wanted.file} cannot be removed; check its permissions.", code="service-unremovable") from e
    return [f"Removed {wanted.file}.", *said]


def _run(command: Sequence[str]) -> None:
    program = find_program(command[0])
    by_hand = f"run it by hand: {' '.join(command)}"
    if program is None:
        raise HostError(
            f"{command[0]} is not on this machine, so that it was not told; start and stop dawscribe by hand.",
            code="service-manager-missing",
        )
    try:
        # A service manager answers in its own code page, which Python may not know.
        done = subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, errors="replace", timeout=MAX_WAIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        raise HostError(f"{command[0]} did not answer; {by_hand}", code="service-manager-silent") from e
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines()
        raise HostError(
            f"{command[0]} refused ({reason[-1] if reason else done.returncode}); {by_hand}",
            code="service-manager-refused",
        )
