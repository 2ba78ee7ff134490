"""The command line.

Which command, and how errors reach the user.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from bridge import __version__
from bridge.cli.commands import load
from bridge.errors import DawscribeError, InputError, JobCancelled, did_you_mean

COMMANDS = {
    "transcribe": "turn audio files into multi-track MIDI",
    "catalogue": "transcribe whole folders into one table, report on them, export them",
    "models": "list, fetch or find the models",
    "config": "print the settings in force and where they come from",
    "doctor": "say what is installed, what is missing and how to get it",
    "daemon": "receive commands from DAWs, OSC and MIDI and run them",
    "stop": "end the daemon; jobs in line stay in line",
    "status": "say whether the daemon runs and what it does",
    "jobs": "list the jobs",
    "show": "print one job: its state, its parts and its files",
    "review": "listen to a result in the browser, correct it and send it again",
    "cancel": "cancel a job",
    "retry": "run a job once more",
    "logs": "print the end of the logs",
    "report": "pack a result for a report of a bad transcription",
    "selected": "transcribe what is selected in a running DAW",
    "watch": "transcribe what is put into a folder; results lie beside the files",
    "relay": "carry messages between a DAW's sandbox and the daemon, as lines of JSON",
    "play": "play a result on a MIDI port, in time",
    "setup": "install the scripts of a DAW, or the daemon as a service",
}
"""Command -> one line of help; its module is a :class:`bridge.cli.commands.Command`."""
CANCELLED = 130
"""Exit status after Ctrl-C, as shells have it: 128 + SIGINT."""
BAD_INPUT = 2
"""Exit status for errors with a sentence."""
OUR_FAULT = 1
"""Exit status for errors that nobody foresaw."""
LOG = "command.log"
"""Holds the traceback of the last such error."""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, without all options before it."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """See :class:`argparse.ArgumentParser`; what is not known is answered with the nearest that is."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            word = unknown[0].partition("=")[0]
            known = did_you_mean(word, self._option_string_actions, f"'{self.prog} --help' says what there is.")
            raise InputError(f'"{self.prog}" does not know "{word[:40]}"; {known}', code="argument-unknown")
        return options, unknown

    def error(self, message: str) -> NoReturn:
        """See :class:`argparse.ArgumentParser`."""
        self.exit(BAD_INPUT, f"dawscribe: {message.rstrip('.')}; '{self.prog} --help' says what there is.\n")


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser.

    Only the named command's own options are loaded, so that ``--help`` stays quick.
    """
    top = Parser(
        prog="dawscribe", description="Audio items in, editable MIDI tracks out: from your DAW or from the shell."
    )
    top.add_argument("--version", action="version", version=f"dawscribe {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, line in COMMANDS.items():
        sub = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == command:
            load(name).add_arguments(sub)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    The exit status is 0, 1 (a fault of ours), 2 (bad input) or 130 (Ctrl-C).
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Numpy's products are small here: threads for them only take cores from the networks.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal, or a file on Windows, cannot show is no reason to fail.
            stream.reconfigure(errors="replace")
    try:
        # Inside, since the first half second of a command is its imports.
        named = next((a for a in arguments if not a.startswith("-")), None)
        if named is not None and named not in COMMANDS:
            known = did_you_mean(named, COMMANDS, "'dawscribe --help' lists all.")
            raise InputError(f'There is no command "{named[:40]}"; {known}', code="command-unknown")
        options = parser(named).parse_args(arguments)
        status = load(options.command).run(options)
        sys.stdout.flush()
    except DawscribeError as e:
        return _say(str(e), BAD_INPUT)
    except (KeyboardInterrupt, JobCancelled):
        return _say("cancelled; nothing half-written is left.", CANCELLED)
    except BrokenPipeError:
        # The reader (head, less) has gone: not an error, but Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        what = f"{e.filename or 'A file'} cannot be used ({e.strerror or e})"
        return _say(f"{what}; check its permissions and the free space.", BAD_INPUT)
    except Exception as e:
        return _say(f"something inside dawscribe went wrong ({type(e).__name__}); {_kept_traceback()}", OUR_FAULT)
    return status


def _open_streams() -> None:
    """Let what is printed go nowhere where a desktop launcher or cron has started us without an output.

    The numbers 0 to 2 are taken too: else the next file that is opened, a result perhaps, would be the output of
    whatever native library prints.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # for the whole run


def _say(sentence: str, status: int) -> int:
    """Print a sentence as one line, also where the terminal has gone; ``status``."""
    with suppress(OSError):
        # A name may hold letters that tell a terminal to do things.
        print("dawscribe:", "".join(c if c.isprintable() else " " for c in sentence), file=sys.stderr)
    return status


def _kept_traceback() -> str:
    """Write the traceback of the exception at hand to the log; where it is now."""
    from bridge.config import home_folder
    from bridge.files import own_home

    try:
        own_home(home_folder())
        log = home_folder() / "logs" / LOG
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(traceback.format_exc(), encoding="utf-8", errors="backslashreplace")
    except (OSError, DawscribeError):
        return "please report it."
    return f"please report it with {log}."
