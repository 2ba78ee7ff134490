"""Edits of a result: what they do, that undo is a shorter list, and that a hostile edit is refused whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import InputError
from bridge.score.edits import apply, item_of, parse_edit, sheet_of
from tests.raising import raises_code

CASE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "edits" / "corrections.json").read_text())


def test_edits_make_of_a_result_what_the_example_says() -> None:
    edits = [parse_edit(e) for e in CASE["edits"]]
    made = item_of(apply(edits, sheet_of(CASE["item"])), CASE["item"])
    assert made["tempo"] == CASE["expected"]["tempo"]
    assert [
        {k: p[k] for k in ("id", "name", "program", "notes", "candidates", "bends")} for p in made["parts"]
    ] == CASE["expected"]["parts"]
    assert made["name"] == "Song"


def test_a_sheet_without_edits_is_the_result_with_every_field_of_later_versions() -> None:
    item = {**CASE["item"], "later": {"kept": True}}
    item["parts"] = [{**p, "instruments": ["ReaSynth"], "future": 1} for p in item["parts"]]
    made = item_of(sheet_of(item), item)
    assert made["later"] == {"kept": True}
    assert all(p["instruments"] == ["ReaSynth"] and p["future"] == 1 for p in made["parts"])
    assert [n[:4] for n in made["parts"][1]["notes"]] == item["parts"][1]["notes"]


def test_a_removed_note_can_be_taken_back_from_the_candidates() -> None:
    remove = parse_edit({"label": "x", "item": 0, "ops": [{"op": "notes", "part": "drums", "shelve": ["0.1"]}]})
    sheet = apply([remove], sheet_of(CASE["item"]))
    ghost = sheet.part("drums").ghosts["0.1"]
    assert (ghost.reason, ghost.note.pitch) == ("removed", 38)
    row = ["0.1", 0.5, 0.6, 38, 100, 0.8]
    back = parse_edit({"label": "x", "item": 0, "ops": [{"op": "notes", "part": "drums", "put": [row]}]})
    assert apply([back], sheet).part("drums").notes == sheet_of(CASE["item"]).part("drums").notes


def test_an_edit_of_another_item_changes_nothing_here() -> None:
    edit = parse_edit({"label": "x", "item": 1, "ops": [{"op": "remove_part", "part": "drums"}]})
    assert apply([edit], sheet_of(CASE["item"]), 0) == sheet_of(CASE["item"])


BAD: list[Any] = ["1", None, True, [], {}, float("nan"), float("inf"), -1, 1e300, 10**400]
GOOD_NOTE = ["e1", 0.0, 1.0, 60, 90, 1.0]


@pytest.mark.parametrize(
    "ops",
    [
        None, "notes", [], {}, [None], [{}], [{"op": "eval"}], [{"op": "notes"}], [{"op": "notes", "part": ""}],
        [{"op": "notes", "part": "a", "put": [["../x/" * 20, 0, 1, 60, 90, 1]]}],
        [{"op": "notes", "part": "a", "put": [["e1", 0, 1, 60, 90]]}],
        *[[{"op": "notes", "part": "a", "put": [[*GOOD_NOTE[:i], bad, *GOOD_NOTE[i + 1 :]]]}]
          for i in range(1, 6) for bad in BAD],
        [{"op": "notes", "part": "a", "put": [["e1", 1.0, 1.0, 60, 90, 1.0]]}],
        [{"op": "notes", "part": "a", "put": [["e1", 0.0, 1.0, 60, 0, 1.0]]}],
        [{"op": "notes", "part": "a", "drop": [1]}], [{"op": "notes", "part": "a", "shelve": "all"}],
        [{"op": "ghosts", "part": "a", "put": [[*GOOD_NOTE, "because"]]}],
        [{"op": "ghosts", "part": "a", "put": [[*GOOD_NOTE, ["x"]]]}],
        [{"op": "part", "part": "a", "name": ""}], [{"op": "part", "part": "a", "name": "a\nb"}],
        [{"op": "part", "part": "a", "name": "x" * 121}], [{"op": "part", "part": "a", "program": 128}],
        [{"op": "part", "part": "a", "id": "b"}], [{"op": "part", "part": "a", "notes": {}}],
        [{"op": "add_part", "part": "b", "like": "a", "name": "B", "program": 0, "is_drums": 1}],
        [{"op": "tempo", "points": []}], [{"op": "tempo", "points": [{"time_s": 1.0, "bpm": 120}]}],
        [{"op": "tempo", "points": [{"time_s": 0.0, "bpm": 0}]}],
        [{"op": "tempo", "points": [{"time_s": 0, "bpm": 1e9}]}],
        [{"op": "tempo", "points": [{"time_s": 0.0, "bpm": 120, "beats_per_bar": 0}]}],
        [{"op": "bends", "part": "a", "from_s": 0, "to_s": 1, "bends": [[0.0, 99.0]]}],
        [{"op": "bends", "part": "a", "from_s": 0, "to_s": 1, "bends": [[0.0]]}],
        [{"op": "remove_part", "part": "a"}] * 501,
    ],
)  # fmt: skip
def test_a_hostile_edit_is_refused_with_a_sentence(ops: Any) -> None:
    with raises_code("edit-invalid"):
        parse_edit({"label": "x", "item": 0, "ops": ops})


@pytest.mark.parametrize("data", [None, [], "x", {}, {"label": 1, "item": 0}, {"label": "x", "item": -1, "ops": []}])
def test_what_is_no_edit_is_refused(data: Any) -> None:
    with raises_code("edit-invalid"):
        parse_edit(data)


@pytest.mark.parametrize(
    "op",
    [
        {"op": "notes", "part": "none", "put": []},
        {"op": "add_part", "part": "drums", "like": "drums", "name": "B", "program": 0, "is_drums": True},
        {"op": "add_part", "part": "new", "like": "none", "name": "B", "program": 0, "is_drums": True},
        {"op": "remove_part", "part": "none"},
    ],
)
def test_an_edit_that_does_not_fit_is_refused(op: Any) -> None:
    edit = parse_edit({"label": "x", "item": 0, "ops": [op]})
    with pytest.raises(InputError):
        apply([edit], sheet_of(CASE["item"]))


@pytest.mark.parametrize("break_it", [{"parts": None}, {"parts": [{}]}, {"parts": [3]}, {"length_s": "x"}])
def test_a_damaged_result_is_said(break_it: Any) -> None:
    with raises_code("result-damaged"):
        sheet_of({**CASE["item"], **break_it})
