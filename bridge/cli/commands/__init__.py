"""The commands, one module each."""

from __future__ import annotations

import argparse
import importlib
from typing import Protocol, cast


class Command(Protocol):
    """The contract of a module here."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's options; without any it does nothing."""

    def run(self, options: argparse.Namespace) -> int:
        """Do the command, print its answer and return the exit status.

        The status is 0 when all is done and 2 when a person has to mend something; ``status`` has 3 for "no daemon".

        Raises:
            DawscribeError: the sentence is shown, the status is 2.
            KeyboardInterrupt: nothing half-written is left, the status is 130.
        """


def load(name: str) -> Command:
    """Return a command; nothing of the others is imported."""
    return cast(Command, importlib.import_module(f"{__name__}.{name}"))
