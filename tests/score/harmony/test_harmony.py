"""Key and chords from notes: what musicians would write down, whatever the key."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from bridge.music.harmony import QUALITIES, Chord, Key, symbol_of
from bridge.score.harmony.chords import find_chords
from bridge.score.harmony.evidence import bass_classes, chroma, layers, note_array
from bridge.score.harmony.keys import find_keys

Row = tuple[float, float, int, float]


def _beats(count: int) -> np.ndarray:
    return np.arange(count + 1, dtype=np.float64) * 0.5


def _band(bars: Sequence[tuple[int, tuple[int, ...], int]]) -> list[Row]:
    """A bass note and a chord on every beat; per bar (root, steps, lowest note's class), half a second a beat."""
    rows: list[Row] = []
    for bar, (root, steps, low) in enumerate(bars):
        for beat in range(4):
            start = bar * 2.0 + beat * 0.5
            rows.append((start, start + 0.45, 36 + low % 12, 0.8))
            rows += [(start, start + 0.45, 60 + (root + s) % 12, 0.6) for s in steps]
    return rows


def _chords_of(bars: Sequence[tuple[int, tuple[int, ...], int]]) -> list[Chord]:
    beats = _beats(4 * len(bars))
    return find_chords(note_array(_band(bars)), beats, range(0, 4 * len(bars), 4))


@pytest.mark.parametrize("shift", range(12))
def test_a_progression_is_read_in_every_key(shift: int) -> None:
    major, minor, seventh = (QUALITIES[q][0] for q in ("maj", "min", "7"))
    song = [(0, major, 0), (9, minor, 9), (5, major, 5), (7, seventh, 7)] * 2
    found = _chords_of([((r + shift) % 12, steps, (low + shift) % 12) for r, steps, low in song])
    assert [((c.root or 0) - shift) % 12 for c in found] == [0, 9, 5, 7] * 2
    assert [c.quality for c in found] == ["maj", "min", "maj", "7"] * 2
    assert [c.onset_s for c in found] == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]


@pytest.mark.parametrize("quality", ["maj", "min", "7", "maj7", "min7", "sus4"])
def test_qualities_are_told_apart(quality: str) -> None:
    steps = QUALITIES[quality][0]
    found = _chords_of([(2, steps, 2), (7, QUALITIES["maj"][0], 7)] * 3)
    assert found[0].quality == quality and found[0].root == 2


def test_a_chord_over_its_third_is_an_inversion() -> None:
    found = _chords_of([(0, (0, 4, 7), 4), (5, (0, 4, 7), 5)] * 2)
    assert found[0].symbol == "C/E" and found[0].harte == "C:maj/3"
    assert found[1].symbol == "F" and found[1].harte == "F:maj"


def test_without_notes_there_are_no_chords() -> None:
    assert find_chords(note_array([]), np.arange(9.0), [0, 4]) == []
    assert find_chords(note_array(_band([(0, (0, 4, 7), 0)])), np.array([0.0]), []) == []


def test_chords_tile_the_song_whatever_the_notes() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        count = int(rng.integers(1, 60))
        start = rng.uniform(0, 20, count)
        rows = zip(
            start, start + rng.uniform(0.05, 5, count), rng.integers(0, 128, count), rng.random(count), strict=True
        )
        beats = np.sort(rng.uniform(0, 24, int(rng.integers(2, 40))))
        found = find_chords(note_array([(float(a), float(b), int(p), float(v)) for a, b, p, v in rows]), beats, [0])
        assert found[0].onset_s == beats[0] and found[-1].offset_s == beats[-1]
        for a, b in pairwise(found):
            assert a.offset_s == b.onset_s and (a.root, a.quality) != (b.root, b.quality)
        assert all(0 < c.confidence <= 1 for c in found)


def test_chroma_counts_every_second_of_every_note_once() -> None:
    rng = np.random.default_rng(1)
    beats = np.cumsum(rng.uniform(0.3, 0.9, 12))
    start = rng.uniform(beats[0], beats[-2], 40)
    end = np.minimum(beats[-1], start + rng.uniform(0.05, 3, 40))
    notes = np.stack([start, end, rng.integers(30, 90, 40), np.full(40, 0.7)], 1)
    sums = (chroma(notes, beats) * np.diff(beats)[:, None]).sum(0)
    for pitch_class in range(12):
        own = notes[notes[:, 2] % 12 == pitch_class]
        assert sums[pitch_class] == pytest.approx((own[:, 1] - own[:, 0]).sum(), abs=1e-9)


def test_the_lowest_sounding_note_is_the_bass() -> None:
    notes = note_array([(0.0, 4.0, 60, 0.5), (1.0, 2.0, 43, 0.5), (3.0, 4.0, 64, 0.5)])
    assert bass_classes(notes, np.arange(5.0)).argmax(1).tolist() == [0, 7, 0, 0]


def test_evidence_turns_with_the_key() -> None:
    rows = _band([(0, (0, 4, 7), 0), (5, (0, 3, 7), 5)])
    moved = [(a, b, p + 3 - 12 * (p % 12 > 8), v) for a, b, p, v in rows]
    beats = _beats(8)
    here, there = layers(note_array(rows), beats), layers(note_array(moved), beats)
    assert np.allclose(np.roll(here, 3, 2)[:, :4], there[:, :4])


@pytest.mark.parametrize(
    ("bars", "name"),
    [
        ([(0, "maj"), (5, "maj"), (7, "maj"), (0, "maj")], "C major"),
        ([(9, "min"), (2, "min"), (4, "maj"), (9, "min")], "A minor"),
        ([(10, "maj"), (3, "maj"), (5, "7"), (10, "maj")], "Bb major"),
        ([(6, "min"), (11, "min"), (1, "maj"), (6, "min")], "F# minor"),
        ([(4, "maj"), (9, "maj"), (11, "maj"), (4, "maj")], "E major"),
    ],
)
def test_the_key_is_named_as_it_is_written(bars: list[tuple[int, str]], name: str) -> None:
    song = [(root, QUALITIES[quality][0], root) for root, quality in bars] * 3
    keys = find_keys(note_array(_band(song)), _beats(4 * len(song)), _chords_of(song))
    assert [k.name for k in keys] == [name]


@pytest.mark.parametrize("shift", range(12))
def test_a_mode_has_the_signature_of_its_notes(shift: int) -> None:
    # A minor and D major in turn, dorian: F sharp and no C sharp, one sharp.
    song = [((9 + shift) % 12, (0, 3, 7), (9 + shift) % 12), ((2 + shift) % 12, (0, 4, 7), (2 + shift) % 12)] * 8
    keys = find_keys(note_array(_band(song)), _beats(4 * len(song)), _chords_of(song))
    assert {(k.fifths - 1 - 7 * shift) % 12 for k in keys} == {0}


def test_a_chorus_a_tone_higher_is_a_new_key() -> None:
    low = [(0, (0, 4, 7), 0), (5, (0, 4, 7), 5), (7, (0, 4, 7), 7), (0, (0, 4, 7), 0)] * 4
    song = low + [((r + 2) % 12, s, b + 2) for r, s, b in low]
    keys = find_keys(note_array(_band(song)), _beats(4 * len(song)), _chords_of(song))
    assert [k.name for k in keys] == ["C major", "D major"]
    assert keys[1].onset_s == pytest.approx(32.0, abs=8.0)
    assert keys[0].offset_s == keys[1].onset_s


def test_signatures() -> None:
    def fifths(tonic: int, *, minor: bool) -> int:
        return Key(0, 1, tonic, minor).fifths

    assert [fifths(t, minor=False) for t in (0, 7, 2, 5, 10, 6)] == [0, 1, 2, -1, -2, 6]
    assert [fifths(t, minor=True) for t in (9, 4, 2, 0)] == [0, 1, -1, -3]


def test_symbols_are_spelled_as_asked() -> None:
    assert symbol_of(10, "maj7", 2, flats=True) == "Bbmaj7/D"
    assert symbol_of(6, "min7", 6) == "F#m7"
