"""Drum keys for the instruments that people have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.music.notes import Note
from bridge.music.parts import Candidate, Score
from bridge.score.drum_map import GENERAL_MIDI, KEYS, drum_keys, drum_pieces, mapped_part, mapped_score
from tests.raising import raises_code
from tests.support import part_of, track


def test_general_midi_leaves_every_key_alone() -> None:
    assert all(key == to for key, to in drum_keys("gm").items())


@pytest.mark.parametrize("name", sorted(KEYS))
def test_every_map_names_only_what_general_midi_has_and_keys_that_exist(name: str) -> None:
    assert set(KEYS[name]) <= set(GENERAL_MIDI.values())
    assert all(0 <= key <= 127 for key in drum_keys(name).values())


def test_addictive_drums_gets_its_own_keys() -> None:
    played = [Note(0.0, 0.1, 36, 100), Note(0.5, 0.6, 42, 80), Note(1.0, 1.1, 49, 90)]
    assert [n.pitch for n in mapped_part(part_of("drums", played), "addictive").notes] == [36, 49, 77]


def test_nothing_but_the_key_changes_and_unknown_keys_stay() -> None:
    note = Note(0.25, 0.4, 37, 33, 0.5)
    (mapped,) = mapped_part(part_of("drums", [note]), "addictive").notes
    assert (mapped.onset_s, mapped.offset_s, mapped.velocity, mapped.confidence) == (0.25, 0.4, 33, 0.5)
    assert mapped.pitch == 42
    assert mapped_part(part_of("drums", [Note(0.0, 0.1, 81, 64)]), "avl").notes[0].pitch == 81


@pytest.mark.parametrize("name", sorted(KEYS))
def test_percussion_never_strikes_a_piece_of_another_sort(name: str) -> None:
    alike = {"tambourine": {"closed hat"}, "shaker": {"closed hat"}, "cowbell": {"ride bell"}}
    keys = drum_keys(name)
    by_piece = {piece: key for key, piece in drum_pieces(name).items()}
    for key, piece in GENERAL_MIDI.items():
        struck = {other for other, to in by_piece.items() if to == keys[key]}
        assert piece not in alike or struck <= {piece, *alike[piece]}


def test_a_shared_key_is_named_after_the_piece_of_the_kit() -> None:
    assert drum_pieces("addictive")[49] == "closed hat"
    assert drum_pieces("addictive")[61] == "ride bell"


def test_an_unknown_map_names_the_known_ones() -> None:
    with raises_code("drum-map-unknown"):
        drum_keys("bfd")


def test_a_score_maps_its_drum_parts_only() -> None:
    drums = track("drums", "Drums", (Note(0.0, 0.1, 42, 90),), is_drums=True)
    bass = track("bass", "Bass", (Note(0.0, 0.5, 42, 90),), program=33)
    score = mapped_score(Score((drums, bass), 1.0), "addictive")
    assert [p.notes[0].pitch for p in score.parts] == [49, 42]


def test_a_mapped_part_says_what_its_keys_strike() -> None:
    drums = track("drums", "Drums", (Note(0.0, 0.1, 46, 90), Note(0.5, 0.6, 49, 90)), is_drums=True)
    (part,) = mapped_score(Score((drums,), 1.0), "addictive").parts
    assert [part.pieces[n.pitch] for n in part.notes] == ["open hat", "crash"]


@pytest.mark.parametrize("name", sorted(KEYS))
def test_every_piece_of_an_instrument_has_its_key(name: str) -> None:
    pieces = drum_pieces(name)
    sharing = {"high tom", "mid tom", "china", "crash", "tambourine", "shaker", "cowbell"}
    assert set(KEYS[name]) - sharing <= set(pieces.values())
    assert {pieces[key] for key in drum_keys(name).values()} == set(pieces.values())


def test_two_toms_on_one_key_do_not_sound_into_each_other() -> None:
    first, second = mapped_part(part_of("drums", [Note(0.0, 0.1, 50, 90), Note(0.05, 0.15, 47, 90)]), "avl").notes
    assert (first.pitch, second.pitch) == (45, 45)
    assert first.offset_s == second.onset_s


def test_candidates_are_mapped_too_so_that_they_can_be_taken_back() -> None:
    left_out = Candidate(Note(0.0, 0.1, 42, 20), "below_threshold")
    part = replace(part_of("drums", [Note(0.5, 0.6, 36, 90)]), candidates=(left_out,))
    assert [c.note.pitch for c in mapped_part(part, "addictive").candidates] == [49]
