"""Numbers as people type them on the command line."""

from __future__ import annotations

import argparse


def decimal(text: str) -> float:
    """Return a number of the command line; many keyboards have a comma where it has its point."""
    try:
        return float(text.replace(",", "."))
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"a number is wanted, such as 2 or 97.3, not {text!r}") from e


def whole(text: str) -> int:
    """Return a whole number of the command line."""
    try:
        return int(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"a whole number is wanted, such as 20, not {text!r}") from e
