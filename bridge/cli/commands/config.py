"""``dawscribe config``: the settings in force."""

from __future__ import annotations

import argparse
import json

from bridge.config import default_text, home_folder, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--explain", action="store_true", help="print every setting with its default and meaning")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Print each setting, its value and where the value comes from."""
    if options.explain:
        print(default_text(), end="")
        return 0
    settings = load(home_folder())
    if options.json:
        rows = {name: {"value": value, "origin": origin} for name, value, origin in settings.lines()}
        print(json.dumps(rows, indent=1))
        return 0
    for name, value, origin in settings.lines():
        print(f"{name} = {json.dumps(value, ensure_ascii=False)}  # {origin}")
    return 0
