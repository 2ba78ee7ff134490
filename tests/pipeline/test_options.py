"""What a request chooses, against the settings: a wrong choice is a sentence, never left out or turned round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.config import load
from bridge.errors import InputError
from bridge.pipeline.options import run_options


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"transcribers": {"vocal": "notes"}}, 'no stem "vocal"'),
        ({"transcribers": {"vocals": 3}}, '"transcribers"'),
        ({"find_tempo": "off"}, '"find_tempo"'),
        ({"keep_stems": "no"}, '"keep_stems"'),
        ({"keep_stems": 2}, '"keep_stems"'),
        ({"keep_stems": []}, '"keep_stems"'),
    ],
)
def test_a_wrong_choice_is_refused(tmp_path: Path, chosen: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        run_options(chosen, load(tmp_path))


def test_flags_are_also_0_and_1_and_unknown_options_the_scripts_own(tmp_path: Path) -> None:
    options = run_options(
        {"find_tempo": 0, "keep_stems": 1, "transcribers": {"vocals": "notes"}, "colour": "red"}, load(tmp_path)
    )
    assert (options.find_tempo, options.keep_stems) == (False, True)
    assert options.engine("vocals") == "notes"
