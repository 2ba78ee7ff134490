"""The field "beats" of an item.

The project's own beats, as a DAW script sends them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bridge.errors import InputError
from bridge.music.project_beats import ProjectBeats

MAX_POINTS = 100_000
"""More points than a tempo map has; a request is smaller than that anyway."""


def project_beats(item: Mapping[str, Any]) -> ProjectBeats | None:
    """Return the beats among the fields of an item, None where its script sent none.

    Raises:
        InputError: they are no rising numbers.
    """
    found = item.get("beats")
    if found is None:
        return None
    rows: list[Any] = [found.get(name) if isinstance(found, Mapping) else None for name in ("times_s", "beats")]
    if not all(_are_numbers(row) for row in rows):
        raise _invalid_beats()
    try:
        return ProjectBeats(*(tuple(map(float, row)) for row in rows))
    except ValueError as e:
        raise _invalid_beats() from e


def _are_numbers(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) <= MAX_POINTS
        and all(isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in row)
        and all(abs(v) < 1e9 for v in row)
    )


def _invalid_beats() -> InputError:
    return InputError(
        'The field "beats" of the request is not usable; update dawscribe\'s DAW scripts.', code="request-beats-invalid"
    )
