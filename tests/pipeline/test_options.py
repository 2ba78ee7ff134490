"""What a request chooses, against the settings: a wrong choice is a sentence, never left out or turned round."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridge.config import load
from bridge.music.parts import Transcription
from bridge.pipeline.hearing_plan import Call, lacking, needs_stems, rows_of, stem_plan, with_own_ids
from bridge.pipeline.options import resolve_options, with_sensitivity
from bridge.plugins import registry
from bridge.spool.options import OPTION_SPECS, SEPARATORS
from tests.raising import raises_code


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"transcribers": {"vocal": "notes"}}, "stem-unknown"),
        ({"transcribers": {"vocals": 3}}, "option-invalid"),
        ({"find_tempo": "off"}, "option-invalid"),
        ({"keep_stems": "no"}, "option-invalid"),
        ({"keep_stems": 2}, "option-invalid"),
        ({"keep_stems": []}, "option-invalid"),
    ],
)
def test_a_wrong_choice_is_refused(tmp_path: Path, chosen: dict[str, Any], code: str) -> None:
    with raises_code(code):
        resolve_options(chosen, load(tmp_path))


def test_flags_are_also_0_and_1_and_unknown_options_the_scripts_own(tmp_path: Path) -> None:
    options = resolve_options(
        {"find_tempo": 0, "keep_stems": 1, "transcribers": {"vocals": "notes"}, "colour": "red"}, load(tmp_path)
    )
    assert (options.find_tempo, options.keep_stems) == (False, True)
    assert options.transcribers["vocals"] == ("notes",)


def test_a_draft_hears_the_mix_and_has_no_parts_to_choose_from(tmp_path: Path) -> None:
    draft = resolve_options({"quality": "draft"}, load(tmp_path))
    assert set(draft.transcribers) == {"mix"}
    with raises_code("draft-has-no-stems"):
        resolve_options({"quality": "draft", "stems": ["bass"]}, load(tmp_path))
    with raises_code("option-invalid"):
        resolve_options({"quality": "fast"}, load(tmp_path))
    solo = resolve_options({"quality": "draft", "separator": "whole_mix", "role": "bass"}, load(tmp_path))
    assert solo.transcribers["bass"] == ("notes",), "what a solo is says who hears it"


def test_a_settings_file_of_an_earlier_version_still_names_the_engines(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[transcription]\nbass = "melody"\n')
    assert resolve_options({}, load(tmp_path)).transcribers["bass"] == ("melody",)


def test_a_plan_separates_what_somebody_hears_and_nothing_else(tmp_path: Path) -> None:
    rows = {"mix": ("band",), "drums": ("drums",), "other": ("band", "notes")}
    plan = stem_plan(rows, ("drums", "bass", "other"))
    assert plan.separated == ("drums", "bass", "other")
    assert plan.calls(["band"]) == [
        Call("drums", ("drums",)),
        Call("notes", ("bass",)),
        Call("notes", ("other",)),
        Call("band", ("mix", "bass", "other")),
    ]
    assert stem_plan({"mix": ("band",), "drums": ("drums",)}, ("drums", "bass")).separated == ("drums",)
    assert not needs_stems({"mix": ("band",)})


def test_the_protocol_page_has_every_option() -> None:
    page = (Path(__file__).parents[2] / "daw_scripts" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.M))))
    assert {spec.name for spec in OPTION_SPECS} <= named


def test_the_mix_is_heard_beside_a_stem_only_where_that_stem_is_wanted() -> None:
    rows = {"drums": ("drums",), "other": ("band",)}
    assert stem_plan(rows, ("drums", "other")).calls(["band"], ["band"])[-1] == Call("band", ("mix", "other"))
    assert stem_plan({"mix": ("band",)}, ()).calls(["band"], ["band"]) == [Call("band", ("mix",))]
    only_drums = stem_plan(rows, ("drums", "other"), ["drums"])
    assert only_drums.calls([n for n in only_drums.names if n == "band"]) == [Call("drums", ("drums",))]


ROWS = {"drums": ("drums",), "bass": ("notes",), "vocals": ("melody",), "other": ("band",)}


def test_drums_are_heard_in_the_mix_where_the_separator_has_no_stem_of_them() -> None:
    plan = stem_plan(ROWS, ("vocals", "other"))
    assert plan.calls(["band"], ["band"]) == [
        Call("drums", ("mix",)),
        Call("melody", ("vocals",)),
        Call("band", ("mix", "other")),
    ]
    assert plan.separated == ("vocals", "other")
    assert plan.sentences == ("The separator has no stem of the drums, so they were heard in the whole mix.",)
    assert stem_plan(ROWS, ("drums", "bass", "vocals", "other")).in_mix == ()
    assert stem_plan(ROWS, ("guitar",)).in_mix == (), "a solo recording has no drums"
    assert stem_plan(ROWS, ("vocals", "other"), ["vocals"]).in_mix == (), "nobody asked for them"
    only = stem_plan(ROWS, ("vocals", "other"), ["drums"])
    assert (only.calls([]), only.separated) == ([Call("drums", ("mix",))], ())
    assert lacking(ROWS, ("vocals", "other"), ["bass"]) == (), "no bass line stands out of a mix"


def test_a_plan_knows_what_was_taken_out_of_each_source() -> None:
    plan = stem_plan(ROWS, ("vocals", "other"))
    assert plan.taken_from("other") == ("vocals",)
    assert plan.taken_from("mix") == ()


def test_a_sensitivity_goes_to_the_engines_that_have_one(tmp_path: Path) -> None:
    settings = load(tmp_path)
    options = resolve_options({"sensitivity": 0.7, "transcribers": {"vocals": "melody"}}, settings)
    chosen = with_sensitivity(settings, options)
    assert chosen.table("transcribers.drums")["sensitivity"] == 0.7
    assert chosen.table("transcribers.notes")["sensitivity"] == 0.7
    assert "sensitivity" not in chosen.table("transcribers.melody")
    assert settings.table("transcribers.drums")["sensitivity"] == 0.5


def test_without_a_sensitivity_the_settings_stay(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert with_sensitivity(settings, resolve_options({}, settings)) is settings
    with raises_code("option-invalid"):
        resolve_options({"sensitivity": 2}, settings)


def test_the_help_names_every_separator() -> None:
    assert set(registry.SEPARATORS.built_in) <= set(re.findall(r"\w+", SEPARATORS))


def test_transcribers_of_one_source_get_ids_of_their_own() -> None:
    calls = stem_plan({"other": ("notes", "basic_pitch"), "bass": ("notes",)}, ("bass", "other")).calls([])
    assert [(call.name, call.shared) for call in calls] == [
        ("notes+bass", False),
        ("notes+other", True),
        ("basic_pitch+other", True),
    ]
    alone = Transcription.single("other", ())
    assert [part.id for part in with_own_ids(alone.parts, "notes", shared=True)] == ["other/notes"]
    assert with_own_ids(alone.parts, "notes", shared=False) == alone.parts
    assert rows_of({"other": "notes + notes"}) == {"other": ("notes",)}
