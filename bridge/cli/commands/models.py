"""``dawscribe models``: what networks there are, get them, find them."""

from __future__ import annotations

import argparse
import sys

from bridge.app import application
from bridge.cli.progress import Progress


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

    store = application().store
    if options.what == "path":
        print(store.path(options.name))
    elif options.what == "list":
        for row in store.rows():
            print(f"{row.name:12} {row.state:8} {row.size / 1e6:7.1f} MB  {row.licence}")
    else:
        for name in options.names or store.default_names():
            with Progress(name, threading.Event()) as progress:
                path = store.fetch(name, progress.report, lambda text: print(text, file=sys.stderr))
            print(f"{name}: {path}")
    return 0
