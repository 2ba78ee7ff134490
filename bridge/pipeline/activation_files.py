"""Keep what a network said in a file.

A line of JSON, then the packed output. No pickle, nothing that is run.
"""

from __future__ import annotations

import json
from pathlib import Path

from bridge.errors import InputError
from bridge.files import read_untrusted, write_bytes
from bridge.plugins.interfaces import Activations
from bridge.spool.untrusted_json import parse_json

MAX_BYTES = 1 << 30
"""An hour of dense music takes 40 MB; anything larger than ten hours is not ours."""
MAX_HEAD_BYTES = 1 << 22
FORMAT = "dawscribe activations 1"


def write_activations(path: Path, activations: Activations) -> None:
    """Write ``path`` in one step.

    Raises:
        OSError: it cannot be written.
    """
    lengths = {name: len(blob) for name, blob in activations.blobs.items()}
    head = {"format": FORMAT, "facts": dict(activations.facts), "blobs": lengths}
    line = json.dumps(head, allow_nan=False).encode() + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, b"".join([line, *activations.blobs.values()]), durable=False)


def read_activations(path: Path) -> Activations | None:
    """Return what :func:`write_activations` wrote, None where there is no such file or it is damaged."""
    try:
        data = read_untrusted(path, MAX_BYTES)
        end = data.index(b"\n", 0, MAX_HEAD_BYTES)
        head = parse_json(data[:end], path.name)
        if head["format"] != FORMAT:
            return None
        blobs, place = {}, end + 1
        for name, length in head["blobs"].items():
            blobs[str(name)] = data[place : place + int(length)]
            place += int(length)
        return Activations(dict(head["facts"]), blobs) if place == len(data) else None
    except (OSError, InputError, KeyError, TypeError, ValueError, AttributeError):
        return None
