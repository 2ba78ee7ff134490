"""OSC packets, hostile until they are read here.

Bounded in size, depth, number and time.

Read by our own few lines and not by python-osc 1.10.2, whose parser follows sizes that are negative or lead round in a
circle: a packet of 24 bytes stops it for good, one of 60 kB takes all memory. Here every element lies inside the one
that holds it and every byte is read at most once for each level, so that no packet takes longer than its length.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

MAX_MESSAGES = 50
"""Messages of a packet; a controller that sends all its faders at once has a few dozen."""
MAX_DEPTH = 8
"""Bundles inside each other; nobody nests more than two."""
MAX_ARGUMENTS = 64
"""Arguments of a message; ours take path, start, length and some twenty options."""

BUNDLE = b"#bundle\0"
HEAD = len(BUNDLE) + 8
"""Bytes of a bundle before its first element; the time in it is not looked at: every message is meant for now."""
FIXED: dict[str, str] = {"i": ">i", "f": ">f", "d": ">d", "h": ">q", "t": ">Q", "r": ">I", "m": ">I", "c": ">I"}
"""Type -> its layout."""
WORDS: dict[str, Any] = {"T": True, "F": False, "N": None, "I": True}
"""Types that are their own value; I is the bang of some controllers."""

Message = tuple[str, list[Any]]


class MalformedError(Exception):
    """The packet is none, or larger than any can be; its text says what is wrong with it."""


def messages(packet: bytes) -> list[Message]:
    """(address, arguments) of each message of a packet, in their order; all of them or none.

    Raises:
        MalformedError: nothing of the packet can be used.
    """
    # Some senders leave out the zero bytes behind the last number.
    padded = packet + bytes(-len(packet) % 4)
    parsed: list[Message] = []
    for element in _elements(padded, 0):
        if len(parsed) == MAX_MESSAGES:
            raise MalformedError(f"more than {MAX_MESSAGES} messages in one packet")
        parsed.append(_message(element))
    return parsed


def _elements(data: bytes, depth: int) -> Iterator[bytes]:
    """The messages of a packet or bundle, as bytes."""
    if not data.startswith(BUNDLE):
        yield data
        return
    if depth == MAX_DEPTH:
        raise MalformedError(f"more than {MAX_DEPTH} bundles inside each other")
    place = HEAD
    if len(data) < HEAD:
        raise MalformedError("a bundle that is cut")
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big", signed=True)
        place += 4
        if size <= 0 or size % 4 or size > len(data) - place:
            raise MalformedError(f"an element of {size} bytes where {len(data) - place} are left")
        yield from _elements(data[place : place + size], depth + 1)
        place += size


def _message(data: bytes) -> Message:
    if not data.startswith(b"/"):
        raise MalformedError("neither a bundle nor a message")
    address, place = _text(data, 0)
    if place == len(data):
        return address, []
    tags, place = _text(data, place)
    if not tags.startswith(","):
        raise MalformedError("no types before the arguments")
    if len(tags) > MAX_ARGUMENTS + 1:
        raise MalformedError(f"more than {MAX_ARGUMENTS} arguments")
    arguments: list[Any] = []
    for tag in tags[1:]:
        if tag in WORDS:
            arguments.append(WORDS[tag])
            continue
        value, place = _argument(tag, data, place)
        arguments.append(value)
    return address, arguments


def _argument(tag: str, data: bytes, place: int) -> tuple[Any, int]:
    """The argument of a type at ``place``, and where the next begins."""
    read: Callable[[bytes, int], tuple[Any, int]] | None = {"s": _text, "S": _text, "b": _blob}.get(tag)
    if read is not None:
        return read(data, place)
    layout = FIXED.get(tag)
    if layout is None:
        raise MalformedError(f"an argument of the type {tag!r}")
    end = place + struct.calcsize(layout)
    if end > len(data):
        raise MalformedError("an argument that is cut")
    return struct.unpack_from(layout, data, place)[0], end


def _text(data: bytes, place: int) -> tuple[str, int]:
    end = data.find(b"\0", place)
    after = end + 4 - (end - place) % 4
    if end < 0 or after > len(data):
        raise MalformedError("a text without an end")
    try:
        return data[place:end].decode(), after
    except UnicodeDecodeError as e:
        raise MalformedError("a text that is no UTF-8") from e


def _blob(data: bytes, place: int) -> tuple[bytes, int]:
    size = int.from_bytes(data[place : place + 4], "big", signed=True)
    place += 4
    after = place + size + -size % 4
    if size < 0 or after > len(data):
        raise MalformedError("a blob that is cut")
    return data[place : place + size], after
