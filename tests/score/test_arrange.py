"""What becomes of notes on their way into the score."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.audio.span_import import import_span
from bridge.music.notes import Note
from bridge.music.tempo import TempoMap
from bridge.score.arrange import NO_BEAT, arrange, find_tempo
from bridge.score.beat.onset_strength import onset_strength
from bridge.score.quantise import parse_grid
from tests.support import part_of, sine

PARTS = (part_of("bass", [Note(0.53, 0.9, 40, 90)]),)


@pytest.mark.parametrize(("wanted", "onset_s", "warned"), [(True, 0.53, True), (False, 0.5, False)])
def test_who_asks_for_no_beat_quantises_at_120(wanted: bool, onset_s: float, warned: bool, tmp_path: Path) -> None:
    mix = import_span(sine(tmp_path / "tone.wav"), tmp_path / "mix.wav")
    quarter = parse_grid("1/4")
    strength = onset_strength(mix, lambda stage, fraction: None)
    tempo = find_tempo(strength, PARTS, mix.length_s) if wanted else TempoMap()
    score = arrange(PARTS, mix.length_s, tempo, grid=quarter, tempo_wanted=wanted)
    assert score.parts[0].notes[0].onset_s == onset_s
    assert (NO_BEAT in score.warnings) == warned
    assert len(score.warnings) == 2 * warned
