"""``dawscribe models``: what networks there are, get them, find them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bridge.app import Application, application
from bridge.cli.progress import Progress
from bridge.errors import ConfigError
from bridge.plugins.terms import wants_commercial


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    what = parser.add_subparsers(dest="what", metavar="list|fetch|path", required=True)
    what.add_parser("list", help="every model with its licence, size and whether it is here")
    fetch = what.add_parser("fetch", help="download models that are not here")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="all that the default engines need, if none is named")
    path = what.add_parser("path", help="print where a model lies")
    path.add_argument("name", metavar="NAME")


def run(options: argparse.Namespace) -> int:
    """List, fetch or find."""
    import threading

    app = application()
    store = app.store
    if options.what == "path":
        print(store.path(options.name))
    elif options.what == "list":
        for row in store.rows():
            print(f"{row.name:16} {row.state:8} {row.size / 1e6:7.1f} MB  {row.use}")
    else:
        for name in _wanted(app, options.names):
            with Progress(name, threading.Event()) as progress:
                path = store.fetch(name, progress.report, lambda text: print(text, file=sys.stderr))
            print(f"{name}: {path}")
    return 0


def _wanted(app: Application, names: Sequence[str]) -> Sequence[str]:
    """The models to fetch: those named, else what the default engines need and the setting "licence" allows.

    Raises:
        ConfigError: one that is named may not be used for money, and the settings want that.
    """
    if not wants_commercial(app.settings.values):
        return names or app.store.default_names()
    refused = {row.name for row in app.store.rows() if not row.commercial}
    if wrong := [name for name in names if name in refused]:
        message = (
            f'The model {wrong[0]} is not for commercial use, and licence = "commercial" is set; '
            'choose another, or set licence = "any".'
        )
        raise ConfigError(message, code="licence-forbids-model")
    return names or [name for name in app.store.default_names() if name not in refused]
