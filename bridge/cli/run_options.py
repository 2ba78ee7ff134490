"""The options of a run on the command line, from the one table of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from bridge.cli.numbers import decimal
from bridge.config import Settings
from bridge.errors import InputError
from bridge.music.notes import MIX, STEM_ROLES
from bridge.pipeline.options import JobOptions, resolve_options
from bridge.spool import options as option_parsers
from bridge.spool.options import OPTION_SPECS, SEVERAL, OptionSpec

DRAFT = "draft"


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of the table."""
    for spec in OPTION_SPECS:
        _add_option(parser, spec)


def _add_option(parser: argparse.ArgumentParser, spec: OptionSpec) -> None:
    """Add an option of the table; what is not given stays None, so that the settings decide."""
    flag = spec.flag or f"--{spec.name.replace('_', '-')}"
    if spec.is_flag:
        value = not flag.startswith("--no-")
        parser.add_argument(flag, dest=spec.name, action="store_const", const=value, default=None, help=spec.help)
    elif spec.parse is option_parsers.transcribers:
        parser.add_argument(flag, dest=spec.name, action="append", metavar=spec.metavar, help=spec.help)
    else:
        kind = decimal if spec.is_number else str
        parser.add_argument(
            flag, dest=spec.name, type=kind, metavar=spec.metavar or None, choices=spec.choices or None, help=spec.help
        )


def chosen_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was chosen, as a request has it.

    Raises:
        InputError: --transcriber names no part, or one twice.
    """
    transcribers: dict[str, str] = {}
    for pair in options.transcribers or ():
        role, _, name = pair.partition("=")
        if role not in (*STEM_ROLES, MIX) or not name:
            raise InputError(
                f'--transcriber takes ROLE=NAME with one of: {", ".join((*STEM_ROLES, MIX))}; not "{pair[:40]}".',
                code="transcriber-role-invalid",
            )
        if role in transcribers:
            raise InputError(
                f"--transcriber names {role} twice; engines that hear it together go with a plus: "
                f"{role}={transcribers[role]}{SEVERAL}{name}",
                code="transcriber-role-twice",
            )
        transcribers[role] = name
    chosen = {spec.name: getattr(options, spec.name) for spec in OPTION_SPECS}
    chosen |= {"stems": listed(options.stems), "transcribers": transcribers}
    return {k: v for k, v in chosen.items() if v is not None}


def check_chosen(chosen: Mapping[str, Any], settings: Settings) -> JobOptions:
    """Return the options over the settings; say what is wrong before the work begins, once and not for each file.

    Raises:
        InputError: an option has an impossible value, or is of no use without another.
        ConfigError: there is no such drum map or separator.
    """
    resolved = resolve_options(chosen, settings)
    if chosen.get("quantise_strength") is not None and resolved.grid is None:
        raise InputError(
            "--strength says how far notes are moved to a grid; name one, such as --quantise 1/16.",
            code="strength-without-grid",
        )
    if chosen.get("separator") is not None and resolved.quality == DRAFT and set(resolved.transcribers) == {MIX}:
        raise InputError(
            "A draft hears the mix itself and separates nothing; leave --separator out, or say --quality best.",
            code="draft-separates-nothing",
        )
    if chosen.get("find_tempo") is False and resolved.hints.any:
        raise InputError(
            "--no-tempo looks for no beat and keeps 120 BPM; leave it out, or what you say of the beat.",
            code="no-tempo-with-hints",
        )
    return resolved


def listed(text: str | None) -> list[str] | None:
    """Return the roles in "drums, bass", None where none are named at all."""
    return None if text is None else [role for part in text.split(",") if (role := part.strip())]
