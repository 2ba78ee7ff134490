"""Each error has a code that scripts can rely on, and all codes stand with their sentences in one snapshot."""

from __future__ import annotations

import errno
import json
import os
import pickle
import re
from pathlib import Path

import pytest

from bridge.errors import DawscribeError, HostError, InputError, StoreError, did_you_mean, writing
from tests import error_codes


def test_every_error_of_ours_has_a_code() -> None:
    assert error_codes.without_code() == []


def test_the_snapshot_holds_all_codes_and_sentences() -> None:
    held = json.loads(error_codes.SNAPSHOT.read_text(encoding="utf-8"))
    assert held == error_codes.collected(), "read the changes, then run: python -m tests.error_codes"


def test_a_code_is_a_short_slug() -> None:
    codes = error_codes.collected()
    assert [c for c in codes if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){1,5}", c) or len(c) > 32] == []


def test_a_sentence_begins_and_ends_as_one() -> None:
    sentences = [s for found in error_codes.collected().values() for s in found if s.strip("{}")]
    assert [s for s in sentences if not re.match(r"[A-Z{\"'-]|dawscribe|triggers\.|htdemucs|spleeter", s)] == []


def test_an_error_of_a_plugin_needs_no_code() -> None:
    assert HostError("Start it.").code == "host"
    assert DawscribeError("Start it.").code == "error"


def test_the_code_survives_the_way_between_processes() -> None:
    back = pickle.loads(pickle.dumps(InputError("No.", code="file-not-audio")))
    assert (back.code, str(back)) == ("file-not-audio", "No.")


def test_a_word_that_is_not_known_gets_the_nearest_that_is() -> None:
    known = {"onset": 1, "offset": 2}
    assert did_you_mean("onsett", known, "there are two.") == 'did you mean "onset"?'
    assert did_you_mean("velocity", known, "there are two.") == "there are two."


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
