"""The arguments of OSC commands, hostile until they are read here."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.errors import InputError, did_you_mean
from bridge.music.notes import MIX, STEM_ROLES
from bridge.spool.options import OPTION_SPECS
from bridge.spool.request import PROTOCOL, check_id

LIST_OPTIONS = ("stems",)
TRANSCRIBER = "transcriber."
"""Before a source: which engine hears it."""
FLAGS = tuple(spec.name for spec in OPTION_SPECS if spec.is_flag)
KEYS = (
    *(spec.name for spec in OPTION_SPECS if spec.name != "transcribers"),
    *(TRANSCRIBER + source for source in (*STEM_ROLES, MIX)),
)
FLAG_WORDS = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}


def transcribe_request(arguments: Sequence[Any]) -> dict[str, Any]:
    """The request (protocol 1) of ``/dawscribe/transcribe`` path [start_s [length_s]] [key=value ...].

    Raises:
        InputError: the arguments are not such.
    """
    path = text_argument(arguments, "the path of an audio file")
    if not Path(path).is_absolute():
        raise InputError(
            f'"{path[:40]}" is not the whole path; give the full path, such as {Path.home() / "loop.wav"}.',
            code="path-not-absolute",
        )
    numbers = [a for a in arguments[1:3] if isinstance(a, (int, float)) and not isinstance(a, bool)]
    if not all(math.isfinite(n) and n >= 0 for n in numbers):
        raise InputError("Start and length are seconds from 0 up.", code="span-invalid")
    audio: dict[str, Any] = {"path": path, "start_s": float(numbers[0]) if numbers else 0.0}
    # 0 or less as the length means the rest: many controllers cannot leave an argument out.
    audio["length_s"] = float(numbers[1]) if len(numbers) > 1 and numbers[1] > 0 else None
    options = parse_options(arguments[1 + len(numbers) :])
    return {
        "protocol": PROTOCOL,
        "id": f"osc-{uuid.uuid4()}",
        "host": "midi_file",
        "items": [{"name": Path(path).stem[:500] or "item", "audio": audio}],
        "options": options,
    }


def parse_options(arguments: Sequence[Any]) -> dict[str, Any]:
    """Options from ``key=value`` strings.

    Numbers and on/off are read as such, ``stems=drums,bass`` as a list.

    Raises:
        InputError: an argument is not ``key=value``, or there is no such key.
    """
    options: dict[str, Any] = {}
    for argument in arguments:
        if not isinstance(argument, str) or "=" not in argument:
            raise InputError(f"Options are key=value strings, not {str(argument)[:40]!r}.", code="option-not-key-value")
        key, text = (part.strip() for part in argument.split("=", 1))
        if key not in KEYS:
            raise InputError(_unknown(key), code="option-unknown")
        if key in LIST_OPTIONS:
            options[key] = [part for piece in text.split(",") if (part := piece.strip())]
        elif key.startswith(TRANSCRIBER):
            options.setdefault("transcribers", {})[key.removeprefix(TRANSCRIBER)] = text
        elif key in FLAGS:
            options[key] = _flag(key, text)
        else:
            options[key] = _value(text)
    return options


def _unknown(key: str) -> str:
    hint = did_you_mean(key, KEYS, "docs/osc-midi.md tells of them.")
    return f'There is no option "{key[:40]}"; {hint}'


def _flag(key: str, text: str) -> bool:
    value = FLAG_WORDS.get(text.lower())
    if value is None:
        raise InputError(
            f'The option "{key}" cannot be {text[:40]!r}; send {key}=on or {key}=off.', code="option-invalid"
        )
    return value


def _value(text: str) -> Any:
    """A number, true, false, null or a quoted text; anything else is the text itself."""
    try:
        value = json.loads(text)
        # "NaN", 1e999 and half a character are no JSON that could be written again.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, (list, Mapping)) else value


def text_argument(arguments: Sequence[Any], what: str) -> str:
    """The first argument.

    InputError with ``what`` the message needs where it is no text.
    """
    if not arguments or not isinstance(arguments[0], str) or not arguments[0]:
        raise InputError(f"The OSC message needs {what}.", code="osc-argument-missing")
    return arguments[0]


def is_let_go(arguments: Sequence[Any]) -> bool:
    """Return whether a button of a controller came up again: it sends 1 when it is pressed and 0 when it is let go."""
    return bool(arguments) and isinstance(arguments[0], (int, float)) and arguments[0] == 0


def job_argument(arguments: Sequence[Any]) -> str | None:
    """The job that is meant, None for the one that runs: without an argument, or with a pressed button's.

    Raises:
        InputError: the argument cannot be an id.
    """
    if not arguments or arguments[0] == "" or isinstance(arguments[0], (int, float)):
        return None
    return check_id(arguments[0])
