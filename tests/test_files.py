"""What cannot be written is said in one way everywhere."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bridge.errors import StoreError
from bridge.files import writing

PLACE = Path("/song/result")


def _refused(error: Exception, **options: object) -> StoreError:
    with pytest.raises(StoreError) as caught, writing(PLACE, "result-unwritable", "look there", **options):  # type: ignore[arg-type]
        raise error
    return caught.value


def test_a_refusal_names_the_place_the_reason_and_what_to_do() -> None:
    error = _refused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/song/result/.draft"))
    assert str(error) == f"{PLACE} cannot be written (No space left on device); look there."
    assert error.code == "result-unwritable"


def test_a_refusal_may_name_the_very_file() -> None:
    error = _refused(OSError(errno.EACCES, "Denied", "/song/ini"), exact=True)
    assert str(error).startswith("/song/ini cannot be written (Denied)")
    assert str(_refused(OSError("Gone."), exact=True)).startswith(f"{PLACE} cannot be written (Gone);")


def test_errors_of_libraries_count_where_they_are_named() -> None:
    assert "(no sound)" in str(_refused(ValueError("no sound"), also=(ValueError,)))
    with pytest.raises(ValueError, match="no sound"), writing(PLACE, "result-unwritable"):
        raise ValueError("no sound")
