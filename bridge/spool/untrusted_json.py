"""Parse JSON of hostile origin and check its fields one by one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.errors import InputError

MAX_FILE_BYTES = 4 << 20
"""Bytes; a request of 1,000 items is 0.5 MB, anything larger is not a request."""
MAX_NUMBER = 1e9
"""Seconds or gain beyond this are a mistake (30 years)."""


def parse_json(text: str | bytes, what: str) -> dict[str, Any]:
    """A JSON object of hostile origin.

    Raises:
        InputError: not JSON, not an object, nested too deep.
    """
    try:
        data = json.loads(text, parse_constant=_no_constant)
        # What cannot be written again (1e999, half a surrogate pair) would break a job later; it ends here.
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as e:
        raise InputError(
            f"The {what} is not valid JSON; update dawscribe's DAW scripts and try again.", code="request-not-json"
        ) from e
    if not isinstance(data, dict):
        raise InputError(
            f"The {what} is not a JSON object; update dawscribe's DAW scripts and try again.",
            code="request-not-an-object",
        )
    return data


def _no_constant(name: str) -> float:
    raise ValueError(name)


def one_line(text: str) -> str:
    """``text`` with spaces for line breaks and for whatever else a terminal would obey instead of showing it."""
    return "".join(c if c.isprintable() else " " for c in text)


def invalid_field(name: str) -> InputError:
    """Make the error for a field that cannot be used."""
    return InputError(
        f'The field "{name}" of the request is not usable; update dawscribe\'s DAW scripts.',
        code="request-field-invalid",
    )


def text_field(data: Mapping[str, Any], name: str, *, longest: int, default: str | None = None) -> str:
    """Check a text of 1 to ``longest`` characters."""
    value = data.get(name, default)
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
        raise invalid_field(name)
    return value


def path_field(data: Mapping[str, Any]) -> Path:
    """Check the absolute path in ``path``."""
    path = Path(text_field(data, "path", longest=4096))
    if not path.is_absolute():
        raise invalid_field("path")
    return path


def number_field(data: Mapping[str, Any], name: str, default: float, *, least: float) -> float:
    """Check a finite number from ``least`` to :data:`MAX_NUMBER`."""
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise invalid_field(name)
    # A huge integer does not fit a float; comparing first avoids the OverflowError.
    if not least <= value <= MAX_NUMBER or not math.isfinite(value):
        raise invalid_field(name)
    return float(value)


def mapping_field(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Check a JSON object.

    A missing one is empty.
    """
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise invalid_field(name)
    return value
