"""``dawscribe selected HOST``: transcribe what is selected in a running DAW."""

from __future__ import annotations

import argparse

from bridge.app import application
from bridge.errors import InputError
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Host


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("host", metavar="HOST", help="reaper, ardour or live")


def run(options: argparse.Namespace) -> int:
    """Ask the DAW to send its selection to the daemon."""
    app = application()
    if options.host not in plugins.names("hosts"):
        known = ", ".join(plugins.names("hosts"))
        raise InputError(f'There is no DAW called "{options.host}" here; choose one of: {known}.')
    host: Host = plugins.create("hosts", options.host, app.settings.plugin_table("hosts", options.host), app.context)
    host.request_selected({})
    print(f"Asked {options.host} for its selection.")
    return 0
