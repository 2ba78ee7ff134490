"""Whatever a spool file holds, reading it ends in a request or in a sentence; what is written is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InputError
from bridge.music.parts import Score
from bridge.spool.request import parse_request
from bridge.spool.result import ItemResult, item_result_json, item_score
from bridge.spool.status import Status, parse_status
from bridge.spool.untrusted_json import parse_json
from tests.music.test_tempo_properties import tempo_maps
from tests.score.test_properties import parts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
EXAMPLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "protocol" / "request.json").read_text(encoding="utf-8")
)


@given(st.binary(max_size=200))
@pytest.mark.slow
def test_any_bytes_are_an_object_or_a_sentence(data: bytes) -> None:
    try:
        read = parse_json(data, "request")
    except InputError:
        return
    assert isinstance(read, dict)


@given(st.sampled_from(sorted(EXAMPLE)), JSON)
def test_any_field_of_a_request_is_taken_or_refused_in_a_sentence(field: str, value: object) -> None:
    try:
        request = parse_request({**EXAMPLE, field: value})
    except InputError:
        return
    assert request.items


@given(parts("bass"), tempo_maps(), st.text(max_size=30))
def test_a_result_comes_back_as_it_was_written(part: Any, tempo: Any, name: str) -> None:
    score = Score((part,), 30.0, tempo)
    written = item_result_json(ItemResult(name or "item", score), Path("/job"))
    again = item_score(json.loads(json.dumps(written)))
    assert again.tempo == score.tempo
    assert [n.pitch for n in again.parts[0].notes] == [n.pitch for n in part.notes]
    for old, new in zip(part.notes, again.parts[0].notes, strict=True):
        assert abs(old.onset_s - new.onset_s) < 1e-4
    assert item_result_json(ItemResult(name or "item", again), Path("/job")) == written


@given(
    st.sampled_from(["queued", "running", "done", "failed", "cancelled"]),
    st.floats(0.0, 1.0),
    st.none() | st.floats(0.0, 1e6),
    st.integers(0, 10_000),
    st.integers(0, 99),
)
def test_a_status_comes_back_as_it_was_written(
    state: str, fraction: float, eta_s: float | None, notes: int, revision: int
) -> None:
    written = Status(state, "score", fraction, eta_s, "CPU", "Text.", notes, revision).to_json()
    assert parse_status(written).to_json() == written
