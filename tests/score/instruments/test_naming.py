"""Names that a musician would choose, all different, with a question mark where the family is not sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.score.instruments.families import FAMILIES, family_index
from bridge.score.instruments.naming import Playing, named, sound_of, told_apart

GUITAR = Playing("guitar", balance=0.0, sure=0.9, middle_pitch=60, alone=0.2, length_s=0.4)


def test_twins_are_named_by_their_place() -> None:
    names = [n.name for n in named([replace(GUITAR, balance=-0.8), replace(GUITAR, balance=0.7), GUITAR])]
    assert told_apart(names) == names == ["Guitar (left)", "Guitar (right)", "Guitar"]


def test_a_guitar_alone_needs_no_place() -> None:
    assert told_apart([named([replace(GUITAR, balance=-0.8)])[0].name]) == ["Guitar"]


@pytest.mark.parametrize(
    ("names", "apart"),
    [
        (["Guitar", "Guitar"], ["Guitar", "Guitar 2"]),
        (["Guitar", "Guitar?", "guitar"], ["Guitar", "Guitar 2?", "guitar 3"]),
        (["Low", "Low 2", "Low"], ["Low", "Low 2", "Low 3"]),
        (["Keys (left)?", "Keys?"], ["Keys (left)?", "Keys?"]),
        (["?", "??", " (left)", "Guitar (left) solo", "a\nb"], ["?", "? 2?", " (left)", "Guitar (left) solo", "a\nb"]),
        ([], []),
    ],
)
def test_all_names_differ_and_none_is_empty(names: list[str], apart: list[str]) -> None:
    assert told_apart(names) == apart


def test_doubt_is_said() -> None:
    track = replace(GUITAR, family="keys", sure=0.2)
    names = named([track, replace(track, alone=0.9), replace(track, length_s=2.0), replace(GUITAR, sure=0.3)])
    assert [n.name for n in names] == ["Keys?", "Lead?", "Pad?", "Guitar?"]
    assert [n.sure for n in names] == [0.2, 0.2, 0.2, 0.3]


@pytest.mark.parametrize("alone", [0.0, 1.0])
@pytest.mark.parametrize("length_s", [0.2, 2.0])
@pytest.mark.parametrize("pitch", [40, 64, 90])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_sound_is_of_its_family(family: str, pitch: int, length_s: float, alone: float) -> None:
    name, program = sound_of(Playing(family, 0.0, 0.9, pitch, alone, length_s))
    assert FAMILIES[family_index(program)] == family
    assert name


def test_a_line_and_a_pad_of_one_family_have_different_sounds() -> None:
    synth = replace(GUITAR, family="synth")
    assert sound_of(replace(synth, alone=0.9))[0] == "Synth lead"
    assert sound_of(replace(synth, alone=0.1, length_s=2.0))[0] == "Synth pad"
