"""No separation: the mix under a role."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.errors import JobCancelled
from bridge.plugins.interfaces import Context, Separator
from bridge.separators.whole_mix import WholeMix, WholeMixOptions
from tests.raising import raises_code
from tests.support import separated


@pytest.fixture
def mix(wav: Path, tmp_path: Path) -> Recording:
    return import_span(wav, tmp_path / "mix.wav")


def separator(tmp_path: Path, role: str) -> WholeMix:
    return WholeMix(WholeMixOptions(role), Context(model=lambda name: tmp_path, cache=tmp_path, home=tmp_path))


def test_the_mix_is_the_stem(mix: Recording, tmp_path: Path) -> None:
    made = separator(tmp_path, "bass")
    assert isinstance(made, Separator)
    assert made.stems == ("bass",)
    (stem,) = separated(made, mix, ["bass"], tmp_path / "stems", lambda stage, fraction: None)
    assert stem.role == "bass"
    assert stem.audio.path == tmp_path / "stems" / "bass.wav"
    assert np.array_equal(stem.audio.read(), mix.read())


def test_a_cancel_leaves_no_file(mix: Recording, tmp_path: Path) -> None:
    def cancel(stage: str, fraction: float) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        separated(separator(tmp_path, "other"), mix, ["other"], tmp_path / "stems", cancel)
    assert list((tmp_path / "stems").iterdir()) == []


def test_other_roles_are_refused(mix: Recording, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="role"):
        WholeMixOptions("flute")
    with raises_code("separator-has-no-stem"):
        separated(separator(tmp_path, "bass"), mix, ["drums"], tmp_path / "stems", lambda stage, fraction: None)
