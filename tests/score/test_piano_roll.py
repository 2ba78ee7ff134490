"""The piano roll: what is drawn where."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops

from bridge.music.harmony import Chord
from bridge.music.notes import Bend, Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.score.piano_roll import LEFT, draw_piano_roll, write_piano_roll
from tests.raising import raises_code
from tests.support import track

DRUMS = track(
    "drums", "Drums", (Note(0.0, 0.1, 36, 127), Note(0.5, 0.6, 38, 20), Note(9.0, 9.1, 20, 90)), is_drums=True
)
BASS = track("bass", "Bass", (Note(2.0, 4.0, 40, 127),), (Bend(2.5, 1.0), Bend(3.0, 0.0)), 33)


def _dark(image: Image.Image, left: float, right: float, top: int = 60) -> int:
    """Pixels that are clearly not background between two places, below the title."""
    box = image.convert("L").crop((round(left), top, round(right), image.height))
    return sum(box.histogram()[:150])


def test_notes_stand_at_their_time() -> None:
    image = draw_piano_roll(Score((BASS,), 20.0), "Song")
    per_s = (image.width - LEFT - 20) / 20.0
    assert _dark(image, LEFT + 2.1 * per_s, LEFT + 3.9 * per_s) > 300
    assert _dark(image, LEFT + 5.1 * per_s, LEFT + 19 * per_s) == 0


def test_chords_stand_over_the_lanes_at_their_time() -> None:
    def line(*chords: Chord) -> Image.Image:
        image = draw_piano_roll(Score((BASS,), 20.0, chords=chords), "Song").convert("L")
        return image.crop((0, 22, image.width, 38))

    plain, image = line(), line(Chord(5.0, 9.0, "Am7/G", 0.9, 9, "min7", 7), Chord(5.1, 9.0, "C", 0.9, 0, "maj", 0))
    per_s = (image.width - LEFT - 20) / 20.0
    box = ImageChops.difference(plain, image).getbbox()
    assert box is not None and box[0] >= LEFT + 5.0 * per_s and box[2] <= LEFT + 5.0 * per_s + 60
    assert line(Chord(5.0, 9.0, "N")).tobytes() == plain.tobytes()


def test_loud_notes_are_darker_and_bends_are_seen() -> None:
    def drawn(velocity: int, *bends: Bend) -> bytes:
        part = track("bass", "Bass", (Note(2.0, 4.0, 40, velocity),), bends)
        return draw_piano_roll(Score((part,), 10.0), "").convert("L").tobytes()

    assert sum(drawn(127)) < sum(drawn(20))
    assert drawn(90) != drawn(90, Bend(2.5, 1.0))
    assert drawn(90) == drawn(90, Bend(5.0, 1.0))


def test_each_part_has_its_lane() -> None:
    one, two = (draw_piano_roll(Score(parts, 10.0), "x") for parts in ((DRUMS,), (DRUMS, BASS)))
    assert two.height > one.height + 60


def test_bars_of_the_tempo_map_are_drawn() -> None:
    def lines(tempo: TempoMap) -> bytes:
        return draw_piano_roll(Score((BASS,), 10.0, tempo), "").tobytes()

    pickup = TempoMap.from_points([TempoPoint(0, 150.0, 1), TempoPoint(0.4, 120.0, 4)])
    assert len({lines(t) for t in (TempoMap(), TempoMap.constant(120.0, 3), pickup)}) == 3


@pytest.mark.parametrize(
    "score",
    [
        Score((), 0.1),
        Score((track("drums", "Drums", ()),), 5.0),
        Score((DRUMS, BASS), 7200.0, TempoMap.constant(200.0)),
    ],
    ids=["nothing", "empty part", "two hours"],
)
def test_odd_scores_are_drawn(score: Score, tmp_path: Path) -> None:
    write_piano_roll(score, "日本 – Übung \x07" * 20, tmp_path / "roll.png")
    with Image.open(tmp_path / "roll.png") as image:
        assert image.format == "PNG" and image.width <= 12_000


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with raises_code("output-unwritable"):
        write_piano_roll(Score((), 1.0), "x", tmp_path / "file" / "roll.png")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
