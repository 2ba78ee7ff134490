"""What becomes of notes on their way into the score."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.audio.span_import import import_span
from bridge.music.notes import Note, Transcription
from bridge.score.arrange import UNCERTAIN_BEAT, arrange
from bridge.score.quantise import parse_grid
from tests.support import sine

HEARD = {"bass": Transcription((Note(0.53, 0.9, 40, 90),))}


@pytest.mark.parametrize(("find_tempo", "onset_s", "warned"), [(True, 0.53, True), (False, 0.5, False)])
def test_who_asks_for_no_beat_quantises_at_120(find_tempo: bool, onset_s: float, warned: bool, tmp_path: Path) -> None:
    mix = import_span(sine(tmp_path / "tone.wav"), tmp_path / "mix.wav")
    quarter = parse_grid("1/4")
    score = arrange(HEARD, mix, grid=quarter, strength=1.0, find_tempo=find_tempo, report=lambda stage, fraction: None)
    assert score.parts[0].notes[0].onset_s == onset_s
    assert (UNCERTAIN_BEAT in score.warnings) == warned
    assert len(score.warnings) == 2 * warned
