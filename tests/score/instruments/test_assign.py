"""Notes with evidence become tracks: families by many notes, places apart, scraps to their neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.score.instruments.assign import RULE, UNSURE, groups, monophonic_share
from bridge.score.instruments.evidence import EMBEDDING, Evidence, nearest
from bridge.score.instruments.families import FAMILIES, family_index


def played(
    family: str,
    count: int,
    *,
    says: str = "",
    pitch: int = 60,
    balance: float = 0.0,
    sound: int = 0,
    start_s: float = 0.0,
) -> Evidence:
    """``count`` notes of an instrument; the net says ``says`` of every third one."""
    logp = np.full((count, len(FAMILIES)), np.log(0.02), np.float32)
    logp[:, FAMILIES.index(family)] = np.log(0.8)
    if says:
        logp[::3, FAMILIES.index(family)] = np.log(0.02)
        logp[::3, FAMILIES.index(says)] = np.log(0.8)
    embedding = np.zeros((count, EMBEDDING), np.float32)
    embedding[:, sound] = 1
    return Evidence(
        onset_s=start_s + np.arange(count, dtype=np.float64) * 0.25,
        pitch=pitch + np.arange(count, dtype=np.int64) % 5,
        real=np.full(count, 0.9, np.float32),
        family=logp,
        embedding=embedding,
        balance=np.full(count, balance, np.float32),
        width=np.zeros(count, np.float32),
    )


def families(who: Evidence) -> list[str]:
    """The family of each note."""
    told = [""] * len(who)
    for group in groups(who):
        for row in group.rows:
            told[row] = group.family
    return told


def test_a_family_is_decided_by_many_notes_and_not_by_each() -> None:
    band = Evidence.joined([played("keys", 30, says="winds"), played("strings", 30, says="brass", pitch=80, sound=1)])
    assert families(band) == ["keys"] * 30 + ["strings"] * 30


def test_a_scrap_joins_its_neighbours() -> None:
    band = Evidence.joined([played("guitar", 60), played("brass", 2, sound=1, start_s=3.1)])
    assert [g.family for g in groups(band)] == ["guitar"]


def test_two_guitars_of_different_place_are_two_tracks() -> None:
    band = Evidence.joined([played("guitar", 20, balance=-0.7), played("guitar", 24, balance=0.7, sound=1)])
    found = groups(band)
    assert [g.family for g in found] == ["guitar", "guitar"]
    assert [len(g.rows) for g in found] == [24, 20]
    assert found[0].balance > 0 > found[1].balance


def test_a_piano_across_the_picture_is_one_track() -> None:
    low, high = played("keys", 20, pitch=40, balance=-0.5), played("keys", 20, pitch=80, balance=0.5)
    assert [len(g.rows) for g in groups(Evidence.joined([low, high]))] == [40]


def test_a_bass_plays_one_note_at_a_time() -> None:
    line, left_hand = played("bass", 40, pitch=35), played("keys", 40, pitch=47, sound=1)
    left_hand.family[:, FAMILIES.index("bass")] = np.log(0.6)
    assert families(Evidence.joined([line, left_hand])) == ["bass"] * 40 + ["keys"] * 40
    alone = replace(left_hand, onset_s=left_hand.onset_s + 0.12)
    assert families(Evidence.joined([line, alone])) == ["bass"] * 80


def test_an_instrument_that_comes_back_is_the_same_track() -> None:
    band = Evidence.joined(
        [played("winds", 20), played("organ", 60, pitch=45, sound=2), played("winds", 20, start_s=120)]
    )
    assert sorted((g.family, len(g.rows)) for g in groups(band)) == [("organ", 60), ("winds", 40)]


def test_nothing_has_no_tracks() -> None:
    assert groups(Evidence.none()) == []


def test_every_note_is_in_one_track_and_in_order() -> None:
    rng = np.random.default_rng(0)
    band = Evidence.joined(
        [played(str(rng.choice(FAMILIES[:10])), 25, sound=k, balance=rng.uniform(-1, 1)) for k in range(6)]
    )
    found = groups(band)
    assert sorted(i for g in found for i in g.rows) == list(range(len(band)))
    assert all((np.diff(band.onset_s[g.rows]) >= 0).all() for g in found)
    assert all(0 < g.sure <= 1 and g.family not in RULE.never for g in found)


def test_the_averaging_does_not_depend_on_the_block() -> None:
    """More notes than a block holds; the answer to the first ones is that of a shorter song with the same context."""
    song = played("brass", 900)
    assert set(families(song)) == {"brass"}


def test_what_nobody_can_tell_is_called_unsure() -> None:
    noise = played("brass", 40)
    even = np.full_like(noise.family, -np.log(len(FAMILIES)))
    assert set(families(replace(noise, family=even))) == {UNSURE}
    assert groups(replace(noise, family=even))[0].sure < 0.2


def test_two_sounds_in_one_register_and_place_are_two_tracks() -> None:
    band = Evidence.joined([played("strings", 30), played("winds", 30, sound=1)])
    assert sorted(g.family for g in groups(band)) == ["strings", "winds"]


def test_registers_of_one_instrument_are_one_track() -> None:
    low, high = played("organ", 30, pitch=40), played("organ", 30, pitch=76)
    assert [g.family for g in groups(Evidence.joined([low, high]))] == ["organ"]


def test_a_piano_that_is_alone_is_one_track_however_unlike_its_registers_sound() -> None:
    low, high = played("keys", 30, pitch=36), played("keys", 30, pitch=84, sound=1)
    assert [(g.family, len(g.rows)) for g in groups(Evidence.joined([low, high]))] == [("keys", 60)]
    # Two guitars may well play without anybody else.
    guitars = [played("guitar", 30, pitch=40), played("guitar", 30, pitch=76, sound=1)]
    assert [g.family for g in groups(Evidence.joined(guitars))] == ["guitar", "guitar"]


def test_a_note_alone_is_a_track() -> None:
    assert [len(g.rows) for g in groups(played("keys", 1))] == [1]


def test_the_share_of_notes_alone_tells_lines_from_chords() -> None:
    line = [i * 0.5 for i in range(8)]
    assert monophonic_share(line, [t + 0.52 for t in line]) == 1.0
    chords = [t for t in line for _ in range(3)]
    assert monophonic_share(chords, [t + 0.4 for t in chords]) == 0.0


def test_a_note_finds_the_onset_of_its_own_key() -> None:
    who = replace(played("keys", 3), pitch=np.array([60, 61, 60]), onset_s=np.array([0.0, 1.0, 2.0]))
    assert nearest(who, np.array([1.1, 1.1, 1.1]), np.array([60, 61, 62])).tolist() == [2, 1, -1]


def test_families_are_the_rows_of_general_midi() -> None:
    assert [FAMILIES[family_index(p)] for p in (0, 12, 19, 30, 33, 48, 53, 61, 73, 81, 105)] == list(FAMILIES)
