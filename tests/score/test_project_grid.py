"""Quantising to the beats of the DAW's project instead of the song's."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.music.general_midi import Instrument
from bridge.music.notes import Note
from bridge.music.parts import Part
from bridge.music.project_beats import ProjectBeats
from bridge.music.tempo import TempoMap
from bridge.score.arrange import NOT_QUANTISED, arrange
from bridge.score.quantise import parse_grid
from bridge.spool.project_beats import project_beats
from tests.raising import raises_code

BASS = Instrument("Bass", 33, "bass")
BEATS = {"times_s": [-0.2, 1.8, 3.3], "beats": [7.0, 11.0, 13.0]}
"""120 BPM, then 80 from 1.8 s on; a beat at -0.2 s."""


def heard(*onsets: float) -> Part:
    return Part("bass", "bass", BASS, tuple(Note(onset, onset + 0.1, 40, 90) for onset in onsets))


def onsets(part: Part, **options: Any) -> list[float]:
    score = arrange([part], 4.0, TempoMap(), grid=parse_grid("1/8"), tempo_wanted=True, **options)
    assert NOT_QUANTISED not in score.warnings
    return [round(n.onset_s, 4) for n in score.parts[0].notes]


def test_notes_fall_on_the_projects_own_lines_also_where_no_beat_is_certain() -> None:
    lines = project_beats({"beats": BEATS})
    assert lines is not None
    assert onsets(heard(0.07, 0.57, 1.79, 2.2, 2.9), project=lines) == [0.05, 0.55, 1.8, 2.175, 2.925]


def test_beats_go_on_beyond_their_points() -> None:
    lines = ProjectBeats((0.0, 1.0), (4.0, 6.0))
    assert lines.to_qn(2.5) == 9.0
    assert lines.to_s(lines.to_qn(-1.25)) == pytest.approx(-1.25)


@pytest.mark.parametrize(
    "beats",
    [
        5, [], {}, {"times_s": [0.0], "beats": [0.0]}, {"times_s": [0.0, 1.0], "beats": [1.0, 1.0]},
        {"times_s": [0.0, 1.0], "beats": [0.0]}, {"times_s": [0.0, "1"], "beats": [0.0, 1.0]},
        {"times_s": [0.0, True], "beats": [0.0, 1.0]}, {"times_s": [0.0, 1e400], "beats": [0.0, 1.0]},
        {"times_s": [1.0, 0.0], "beats": [0.0, 1.0]}, {"times_s": [0.0] * 100_001, "beats": [0.0] * 100_001},
    ],
)  # fmt: skip
def test_beats_that_are_none_are_refused(beats: Any) -> None:
    with raises_code("request-beats-invalid"):
        project_beats({"beats": beats})


def test_an_item_without_beats_has_none() -> None:
    assert project_beats({}) is None
