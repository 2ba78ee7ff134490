"""Add settings to the text of a config.toml, leaving all else as its author wrote it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def with_settings(text: str, settings: Mapping[str, str]) -> str | None:
    """Return the text with further settings.

    None where its way of writing tables leaves no place for them.

    Args:
        text: of a config.toml that has none of them.
        settings: dotted name -> value.
    """
    for name, value in settings.items():
        *tables, key = name.split(".")
        text = _with(text, ".".join(tables), f"{key} = {json.dumps(value)}")
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None  # a table that was written as dotted keys cannot be opened again
    return text


def _with(text: str, table: str, line: str) -> str:
    if not table:
        return f"{line}\n{text}"  # before the first table, where such keys belong
    header = re.search(rf"^[ \t]*\[[ \t]*{re.escape(table)}[ \t]*\][^\n]*(?:\n|\Z)", text, re.MULTILINE)
    if header is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[{table}]\n{line}\n"
    head = header[0] if header[0].endswith("\n") else header[0] + "\n"
    return text[: header.start()] + head + line + "\n" + text[header.end() :]
