"""``dawscribe setup``: install a DAW's scripts, or the daemon as a service of the user's session."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bridge.app import application
from bridge.daemon import os_service as service
from bridge.errors import InputError
from bridge.plugins.interfaces import Installable
from bridge.plugins.registry import HOSTS

SERVICE = "service"
"""Target that is no host: the daemon as a service of the user's session."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("target", metavar="TARGET", help=f"one of: {', '.join(_targets())}")
    parser.add_argument(
        "--portable", type=Path, metavar="DIR", help="the folder of a portable DAW, or Live's User Library"
    )
    parser.add_argument("--uninstall", action="store_true", help="take everything out again")


def _targets() -> list[str]:
    installable = [name for name in HOSTS.names() if hasattr(HOSTS.load(name), "install")]
    return [*installable, SERVICE]


def run(options: argparse.Namespace) -> int:
    """Install or uninstall, and say what was done."""
    if options.target == SERVICE and options.portable is not None:
        raise InputError(
            "--portable is for a DAW; the service has no folder to name. DAWSCRIBE_HOME moves dawscribe's own.",
            code="setup-portable-service",
        )
    os.umask(0o077)  # as the daemon has it: what it finds in the home must be its user's alone
    for line in service.setup(options) if options.target == SERVICE else _set_up_host(options):
        print(line)
    return 0


def _set_up_host(options: argparse.Namespace) -> list[str]:
    name: str = options.target
    if name not in HOSTS.names():
        known = ", ".join(_targets())
        raise InputError(f'There is nothing called "{name}" to set up; choose one of: {known}.', code="setup-unknown")
    app = application()
    host = HOSTS.create(name, app.settings.plugin_table("hosts", name), app.context)
    if not isinstance(host, Installable):
        raise InputError(f"The host {name} has nothing to set up.", code="setup-nothing")
    return host.uninstall(options.portable) if options.uninstall else host.install(options.portable)
