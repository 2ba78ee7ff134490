"""Sound files with bytes changed, cut, doubled or moved, for every container; seeded."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from tests.audio.encoders import encode, steps

KINDS = {
    "wav": ("WAV", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "rf64": ("RF64", "PCM_24"),
    "caf": ("CAF", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
}
ENCODED = {"mp3": "libmp3lame", "opus": "libopus", "m4a": "aac"}
HEAD = 120
"""Bytes at the beginning that say what the rest is; half of the changes hit them."""


def sound_files(folder: Path) -> dict[str, bytes]:
    """A second of sound in every format."""
    samples = steps(1.0)
    found = {}
    for suffix, (kind, subtype) in KINDS.items():
        path = folder / f"seed.{suffix}"
        with soundfile.SoundFile(path, "w", 44_100, 1, subtype, format=kind) as file:
            for piece in np.array_split(samples, 40):
                file.write(piece)
        found[suffix] = path.read_bytes()
    for suffix, codec in ENCODED.items():
        rate = 48_000 if suffix == "opus" else 44_100
        found[suffix] = encode(folder / f"seed.{suffix}", codec, steps(1.0, rate), rate).read_bytes()
    return found


def changed(content: bytes, rng: random.Random) -> bytes:
    """``content`` with one to four things wrong."""
    data = bytearray(content)
    for _ in range(rng.randrange(1, 5)):
        place = rng.randrange(min(HEAD, len(data)) if rng.random() < 0.5 else len(data)) if data else 0
        kind = rng.randrange(8)
        if kind == 0:
            data[place : place + 1] = bytes([rng.randrange(256)])
        elif kind == 1 and len(data) > place:
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 2:
            number = rng.choice((0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1, rng.randrange(2**32)))
            data[place : place + 4] = struct.pack(rng.choice("<>") + "I", number)
        elif kind == 3:
            number = rng.choice((0, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1))
            data[place : place + 8] = struct.pack(rng.choice("<>") + "Q", number)
        elif kind == 4:
            del data[place:]
        elif kind == 5:
            del data[place : place + rng.randrange(1, 2000)]
        elif kind == 6:
            data[place:place] = data[place : place + rng.randrange(1, 2000)]
        else:
            data[place : place + 64] = rng.choice((bytes(64), b"\xff" * 64, rng.randbytes(64)))
    return bytes(data)


def mutated(folder: Path, count: int, seed: int = 1) -> Iterator[Path]:
    """Write ``count`` changed files, one after the other in turns of the formats."""
    rng = random.Random(seed)
    seeds = sound_files(folder)
    for number in range(count):
        suffix = list(seeds)[number % len(seeds)]
        path = folder / f"m{number:05d}.{suffix}"
        path.write_bytes(changed(seeds[suffix], rng))
        yield path
