from __future__ import annotations

import itertools

import numpy as np
import pytest

from bridge.note_maps.decode import Thresholds, make_note, onset_peaks, polyphonic
from bridge.note_maps.features import FPS
from bridge.note_maps.maps import LOW, Array, NoteActivations
from bridge.transcribers.notes.path import monophonic

T = Thresholds(onset=0.4, repeat=0.7, frame=0.5, offset_weight=1.0)


ONSET, FRAME = 0, 1


def drawn(notes: list[tuple[float, float, int, float]], frames: int = 400) -> Array:
    """What a sure network would say, times in frames."""
    onset, frame, offset, velocity = (np.full((frames, 88), 0.01, np.float32) for _ in range(4))
    at = np.arange(frames)
    for start, end, pitch, loud in notes:
        k = pitch - LOW
        onset[:, k] = np.maximum(onset[:, k], 0.9 * np.clip(1 - np.abs(at - start) / 3, 0, 1))
        offset[:, k] = np.maximum(offset[:, k], 0.6 * np.clip(1 - np.abs(at - end) / 4, 0, 1))
        frame[(at >= start) & (at < end), k] = 0.95
        velocity[(at >= start - 2) & (at <= start + 3), k] = loud
    return np.stack([onset, frame, offset, velocity])


def maps_of(said: Array, lowest: int = 21, highest: int = 108) -> NoteActivations:
    """The same as the engine keeps it, in two pieces."""
    maps = NoteActivations(lowest, highest)
    maps.add(said[:, :70])
    maps.add(said[:, 70:])
    return maps


def test_a_chord_comes_back_with_its_times_and_velocities() -> None:
    truth = [(50.0, 120.0, 60, 0.5), (50.4, 120.0, 64, 0.7), (51.0, 90.0, 67, 0.9)]
    notes = polyphonic(maps_of(drawn(truth)), T)
    assert [n.pitch for n in notes] == [60, 64, 67]
    for note, (start, end, _, loud) in zip(notes, truth, strict=True):
        assert note.onset_s == pytest.approx(start / FPS, abs=0.003)
        assert note.offset_s == pytest.approx(end / FPS, abs=0.02)
        assert note.velocity == pytest.approx(127 * loud, abs=2)


def test_repeated_notes_stay_apart() -> None:
    repeats = [(50.0 + 12 * i, 61.0 + 12 * i, 60, 0.6) for i in range(6)]
    notes = polyphonic(maps_of(drawn(repeats)), T)
    assert len(notes) == 6
    assert all(a.offset_s <= b.onset_s for a, b in itertools.pairwise(notes))


@pytest.mark.parametrize(("strength", "starts"), [(0.65, [50, 200]), (0.8, [50, 100, 200])])
def test_only_a_sure_onset_repeats_what_sounds_on(strength: float, starts: list[int]) -> None:
    said = drawn([(50.0, 150.0, 60, 0.6), (200.0, 250.0, 60, 0.6)])
    said[ONSET, [100, 200], 60 - LOW] = strength
    assert [round(n.onset_s * FPS) for n in polyphonic(maps_of(said), T)] == starts


@pytest.mark.parametrize(("strength", "pitches"), [(0.7, [64]), (0.9, [60, 64])])
def test_a_blip_is_a_note_only_where_its_onset_is_certain(strength: float, pitches: list[int]) -> None:
    said = drawn([(50.0, 53.0, 60, 0.6), (50.0, 90.0, 64, 0.6)])
    said[ONSET, 50, [60 - LOW, 64 - LOW]] = strength
    assert [n.pitch for n in polyphonic(maps_of(said), T)] == pitches


def test_two_peaks_of_one_attack_are_one_note() -> None:
    curve = np.zeros(40, np.float32)
    curve[[10, 12]] = 0.6, 0.8
    curve[30] = 0.7
    assert onset_peaks(curve, 0.4) == [12, 30]


def test_a_dip_does_not_end_a_note_and_a_faint_tail_does_not_lengthen_it() -> None:
    said = drawn([(50.0, 150.0, 60, 0.6)])
    said[FRAME, 90:96, 60 - LOW] = 0.2
    said[FRAME, 150:190, 60 - LOW] = 0.4
    assert make_note(maps_of(said).key(60), 60, 50, 400, T).offset_s == pytest.approx(150 / FPS, abs=0.02)


def test_the_role_limits_the_pitches() -> None:
    said = drawn([(50.0, 90.0, 40, 0.5), (50.0, 90.0, 90, 0.5)])
    assert [n.pitch for n in polyphonic(maps_of(said, 23, 67), T)] == [40]


def test_a_single_voice_follows_the_line_and_leaves_the_octave_ghosts() -> None:
    line = [(50.0, 90.0, 40, 0.6), (92.0, 130.0, 43, 0.6), (130.0, 170.0, 43, 0.6), (200.0, 240.0, 38, 0.6)]
    said = drawn(line)
    said[FRAME, 55:85, 52 - LOW] = 0.8  # a ghost at the octave, weaker than the line
    said[ONSET, 55, 52 - LOW] = 0.6
    notes = monophonic(maps_of(said, 23, 67), T, 0.5)
    assert [n.pitch for n in notes] == [40, 43, 43, 38]
    assert all(a.offset_s <= b.onset_s for a, b in itertools.pairwise(notes))
    assert notes[3].onset_s == pytest.approx(200 / FPS, abs=0.005)


def test_where_thresholds_would_take_the_ghost() -> None:
    said = drawn([(50.0, 90.0, 40, 0.6)])
    said[FRAME, 55:85, 52 - LOW] = 0.8
    said[ONSET, 55, 52 - LOW] = 0.6
    assert len(polyphonic(maps_of(said, 23, 67), T)) == 2
    assert len(monophonic(maps_of(said, 23, 67), T, 0.5)) == 1


def test_nothing_sounds_in_silence() -> None:
    silent = maps_of(drawn([]))
    assert polyphonic(silent, T) == []
    assert monophonic(silent, T, 0.5) == []


def test_what_is_kept_is_what_the_network_said() -> None:
    said = np.random.default_rng(1).random((4, 400, 88), np.float32)
    maps = maps_of(said, 23, 67)
    assert maps.frames == 400
    pieces = np.concatenate(list(maps.pieces()), 1) / 255
    assert pieces == pytest.approx(said[:, :, 23 - LOW : 67 - LOW + 1], abs=0.002)
    curves = maps.key(60)
    for kind, curve in enumerate((curves.onset, curves.frame, curves.offset, curves.velocity)):
        assert curve == pytest.approx(said[kind, :, 60 - LOW], abs=0.002)
