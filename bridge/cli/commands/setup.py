"""``dawscribe setup``: install a DAW's scripts, or the daemon as a service of the user's session."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from bridge.app import application
from bridge.daemon import os_service as service
from bridge.errors import InputError
from bridge.plugins import registry as plugins

TARGETS = ("reaper", "ardour", "live", "service")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("target", metavar="TARGET", help=f"one of: {', '.join(TARGETS)}, or an installed host")
    parser.add_argument("--portable", type=Path, metavar="DIR", help="the folder of a portable DAW")
    parser.add_argument("--uninstall", action="store_true", help="take everything out again")


def run(options: argparse.Namespace) -> int:
    """Install or uninstall, and say what was done."""
    os.umask(0o077)  # as the daemon has it: what it finds in the home must be its user's alone
    install: Callable[[argparse.Namespace], list[str]] | None
    if options.target == "service":
        install = service.setup
    elif options.target in plugins.names("hosts"):
        app = application()
        host = plugins.create("hosts", options.target, app.settings.plugin_table("hosts", options.target), app.context)
        install = getattr(host, "setup", None)
        if install is None:
            raise InputError(f"The host {options.target} has nothing to set up.")
    else:
        known = ", ".join(dict.fromkeys([*TARGETS, *plugins.names("hosts")]))
        raise InputError(f'There is nothing called "{options.target}" to set up; choose one of: {known}.')
    for line in install(options):
        print(line)
    return 0
