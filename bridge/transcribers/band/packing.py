"""Pack the nets' output for a source as plain values and bytes, for the cache."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.note_maps.maps import NoteActivations
from bridge.score.instruments.evidence import EMBEDDING, Evidence
from bridge.score.instruments.families import FAMILIES
from bridge.transcribers.band.verdict import Hearing

COLUMNS = {
    "onset_s": 1,
    "pitch": 1,
    "real": 1,
    "family": len(FAMILIES),
    "embedding": EMBEDDING,
    "balance": 1,
    "width": 1,
}
"""Fields of Evidence in the order of a row, and how many values each has."""


def packed(hearing: Hearing | None, length_s: float) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Facts and blobs of one source.

    None is silence.
    """
    if hearing is None:
        return {"length_s": length_s}, {}
    lengths, data = hearing.maps.packed()
    count = len(hearing.who)
    rows = [np.asarray(getattr(hearing.who, name), np.float64).reshape(count, n) for name, n in COLUMNS.items()]
    # Single precision places an onset to a tenth of a millisecond after an hour.
    table = np.concatenate(rows, 1).astype("<f4")
    return {"length_s": length_s, "lengths": lengths}, {"maps": data, "who": zlib.compress(table.tobytes(), 1)}


def unpacked(facts: Any, blobs: Mapping[str, bytes]) -> tuple[Hearing | None, float]:
    """Return what :func:`packed` took.

    Raises:
        ValueError: it cannot be that.
    """
    try:
        length_s = float(facts["length_s"])
        if not blobs:
            return None, length_s
        maps = NoteActivations.unpacked(21, 108, facts["lengths"], blobs["maps"])
        table = np.frombuffer(zlib.decompress(blobs["who"]), "<f4").reshape(-1, sum(COLUMNS.values()))
    except (KeyError, TypeError, zlib.error) as e:
        raise ValueError("these are no activations of the band networks") from e
    parts = np.split(table, np.cumsum(list(COLUMNS.values()))[:-1], axis=1)
    columns = {
        name: part if width > 1 else part[:, 0] for (name, width), part in zip(COLUMNS.items(), parts, strict=True)
    }
    columns["onset_s"] = columns["onset_s"].astype(np.float64)
    columns["pitch"] = np.rint(columns["pitch"]).astype(np.int64)
    return Hearing(maps, Evidence(**columns)), length_s
