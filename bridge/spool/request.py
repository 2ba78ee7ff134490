"""Parse requests of protocol 1.

What a DAW script asks the daemon to transcribe.

Examples under tests/data/protocol/ pin both sides. Unknown fields are kept in ``extra``,
unknown protocol numbers refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.spool.untrusted_json import (
    MAX_NUMBER,
    invalid_field,
    mapping_field,
    number_field,
    one_line,
    path_field,
    text_field,
)

PROTOCOL = 1
ID_PATTERN = re.compile(r"[a-z0-9-]{8,64}")
"""Form of a request's id: it becomes a folder's name, so no dot and no slash."""
MAX_ITEMS = 1000
"""Items in one request."""
MAX_NAME = 512
"""Characters of an item's name that are kept."""


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """The audio of one item.

    A span of a file, or of one file per channel.
    """

    path: Path
    start_s: float = 0.0
    length_s: float | None = None
    """None: to the end of the file."""
    gain: float = 1.0
    channels: tuple[tuple[Path, int], ...] = ()
    """(file, channel in it) per channel, for DAWs that keep stereo as two mono files."""


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """One selected item."""

    audio: AudioSpan
    name: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Data that the host needs again at the insertion (position, track, tempo table ...), kept as it came."""


@dataclass(frozen=True, slots=True)
class Request:
    """A "transcribe" command.

    Several items come back as one insertion.
    """

    id: str
    host: str
    items: tuple[ItemRequest, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


def parse_request(data: Mapping[str, Any]) -> Request:
    """A checked request.

    Raises:
        InputError: with the field that is wrong.
    """
    if data.get("protocol") != PROTOCOL or isinstance(data.get("protocol"), bool):
        message = (
            f"This request speaks protocol {str(data.get('protocol'))[:20]!r} but dawscribe speaks {PROTOCOL}; "
            "run 'dawscribe setup' again so that both are of the same version."
        )
        raise InputError(message, code="protocol-differs")
    items = data.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise InputError(
            f"A request needs 1 to {MAX_ITEMS} items; select audio items and try again.", code="request-item-count"
        )
    known = {"protocol", "id", "host", "items", "options"}
    return Request(
        id=check_id(data.get("id")),
        host=text_field(data, "host", longest=64),
        items=tuple(_item(i) for i in items),
        options=mapping_field(data, "options"),
        extra={k: v for k, v in data.items() if k not in known},
    )


def check_id(value: object) -> str:
    """``value`` where it can be a job's id.

    Raises:
        InputError: it cannot.
    """
    if not isinstance(value, str) or not ID_PATTERN.fullmatch(value):
        raise InputError(
            "A job id is 8 to 64 small letters, digits and hyphens; update dawscribe's DAW scripts.",
            code="job-id-invalid",
        )
    return value


def _item(data: object) -> ItemRequest:
    if not isinstance(data, Mapping):
        raise InputError(
            "An item of the request is not a JSON object; update dawscribe's DAW scripts.", code="request-item-invalid"
        )
    audio = mapping_field(data, "audio")
    channels = audio.get("channels") or []
    if not isinstance(channels, list) or len(channels) > 64:
        raise invalid_field("channels")
    pairs = []
    for c in channels:
        number = c.get("channel", 0) if isinstance(c, Mapping) else None
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 1024:
            raise invalid_field("channels")
        pairs.append((path_field(c), number))
    span = AudioSpan(
        path=path_field(audio),
        start_s=number_field(audio, "start_s", 0.0, least=0.0),
        length_s=None if audio.get("length_s") is None else number_field(audio, "length_s", 0.0, least=0.0),
        gain=number_field(audio, "gain", 1.0, least=-MAX_NUMBER),
        channels=tuple(pairs),
    )
    # A take without a name, or with a page of text for one, is no reason to refuse it.
    name = data.get("name") or span.path.stem or "item"
    if not isinstance(name, str):
        raise invalid_field("name")
    name = one_line(name[:MAX_NAME])
    return ItemRequest(span, name, {k: v for k, v in data.items() if k not in ("audio", "name")})
