"""The table of options that the dialogs read is the one of the package."""

from __future__ import annotations

from bridge.spool.options import OPTION_SPECS, QUALITIES
from tests import option_table


def test_the_table_of_the_scripts_is_that_of_the_package() -> None:
    assert option_table.TABLE.read_text(encoding="utf-8") == option_table.lua(), "run: python -m tests.option_table"


def test_every_option_has_a_kind_that_the_scripts_know() -> None:
    settings = (option_table.TABLE.parents[1] / "reaper" / "lib" / "settings.lua").read_text(encoding="utf-8")
    fits = settings.split("local FITS = {")[1].split("}")[0]
    for kind in {option_table._kind(spec) for spec in OPTION_SPECS}:
        assert f"{kind} = is" in fits or f"{kind} = are" in fits


def test_every_quality_can_be_chosen_in_reaper() -> None:
    settings = (option_table.TABLE.parents[1] / "reaper" / "lib" / "settings.lua").read_text(encoding="utf-8")
    words = settings.split("settings.MORE = {")[1].split("\n}")[0]
    assert all(f"{{ '{quality}'," in words for quality in QUALITIES)
