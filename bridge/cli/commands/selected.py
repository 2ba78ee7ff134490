"""``dawscribe selected HOST``: transcribe what is selected in a running DAW."""

from __future__ import annotations

import argparse

from bridge.app import application
from bridge.errors import HostError, InputError
from bridge.plugins.interfaces import RemoteHost
from bridge.plugins.registry import HOSTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("host", metavar="HOST", help="the DAW")


def run(options: argparse.Namespace) -> int:
    """Ask the DAW to send its selection to the daemon."""
    app = application()
    name: str = options.host
    if name not in HOSTS:
        known = ", ".join(n for n in HOSTS.names() if hasattr(HOSTS.load(n), "request_selected"))
        raise InputError(f'There is no DAW called "{name}" here; choose one of: {known}.', code="host-unknown")
    host = HOSTS.create(name, app.settings.plugin_table("hosts", name), app.context)
    if not isinstance(host, RemoteHost):
        message = f"{name} has no selection; name an audio file (dawscribe transcribe FILE) or choose a DAW."
        raise HostError(message, code="host-no-selection")
    host.request_selected({})
    print(f"Asked {name} for its selection.")
    return 0
