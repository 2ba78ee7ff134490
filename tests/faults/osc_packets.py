"""OSC packets built on the structure of the format, with one or more things wrong in it; seeded."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

BUNDLE = b"#bundle\0" + bytes(7) + b"\1"
MAX_DATAGRAM = 65_507
"""Bytes that a UDP packet can carry."""
SIZES = (-(2**31), 2**31 - 1, -1, -4, -8, -12, -16, -20, -24, -60_000, 0, 1, 2, 3, 5, 60_000, 65_536)
ADDRESSES = (
    b"/a",
    b"/dawscribe/ping",
    b"/dawscribe/jobs",
    b"/dawscribe/cancel",
    b"/dawscribe/transcribe",
    b"/dawscribe/pong",
)


def size(n: int) -> bytes:
    """A 32-bit number as bundles have it."""
    return n.to_bytes(4, "big", signed=True)


def text(raw: bytes) -> bytes:
    """A text with its zero bytes."""
    return raw + bytes(4 - len(raw) % 4)


def packets(count: int, seed: int = 1) -> Iterator[bytes]:
    """``count`` packets, the same ones for the same seed."""
    rng = random.Random(seed)
    yield BUNDLE + size(-4) + b"abcd"  # stopped python-osc 1.10.2 for good
    yield circle(60_000)  # made it take all memory
    for _ in range(count - 2):
        packet = _element(rng, rng.choice((0, 0, 1, 2, 4, 12)))
        if rng.random() < 0.2:
            packet = packet[: rng.randrange(len(packet) + 1)]
        if rng.random() < 0.2 and packet:
            flipped = bytearray(packet)
            for _ in range(rng.randrange(1, 6)):
                flipped[rng.randrange(len(flipped))] = rng.choice((0, 1, 4, 0x7F, 0x80, 0xFF, rng.randrange(256)))
            packet = bytes(flipped)
        yield packet[:MAX_DATAGRAM]


def circle(length: int) -> bytes:
    """A bundle whose sizes lead back to its first element, past a message of ``length`` bytes."""
    message = b"/a\0\0,b\0\0" + size(length) + b"x" * length
    return BUNDLE + size(-28) + message + size(20) + bytes(4)


def _element(rng: random.Random, depth: int) -> bytes:
    if depth == 0:
        return _message(rng)
    inner = _element(rng, depth - 1)
    element = size(len(inner)) + inner
    many = rng.choice((1, 1, 1, 2, 5, 49, 60, 2300)) if depth == 1 else 1
    many = min(many, MAX_DATAGRAM // len(element) + 1)
    if rng.random() < 0.5:
        return BUNDLE + element * many
    # One of them lies about its size, or leads back.
    before = element * rng.randrange(many)
    lie = rng.choice((*SIZES, -(len(before) + 4), -(len(before) + 20), len(inner) + 4, len(inner) - 4))
    return BUNDLE + before + size(lie) + inner + element


def _message(rng: random.Random) -> bytes:
    count = rng.choice((0, 1, 1, 3, 3, 10, 64, 65)) if rng.random() < 0.99 else 20_000
    tags = bytes(rng.choices(b"sifbdhTFNItrmS[]xyz\xff", k=count))
    made = text(rng.choice(ADDRESSES)) + text(b"," + tags)
    for tag in tags[:100]:
        if tag in b"sS":
            made += text(rng.choice((b"", b"x", b"/no/such.wav", b"stems=drums", b"\xff\xfe", b"a" * 900)))
        elif tag == ord("b"):
            blob = rng.randbytes(rng.randrange(40))
            length = len(blob) if rng.random() < 0.7 else rng.choice(SIZES)
            made += size(length) + blob + bytes(-len(blob) % 4)
        elif tag in b"ifrm":
            made += rng.choice((struct.pack(">f", float("nan")), rng.randbytes(4), size(0)))
        elif tag in b"dht":
            made += rng.randbytes(8)
    return made
