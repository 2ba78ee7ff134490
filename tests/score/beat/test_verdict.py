"""The choice among readings: right on grooves as an engine hears them, and never sure of what could be either."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.music.tempo import TempoMap
from bridge.score.beat.choice import Candidate
from bridge.score.beat.confidence import MIN_SHARE_WITHOUT_PULSE
from bridge.score.beat.features import RATE_HZ, BeatEvidence, NoteArrays, features, smeared
from bridge.score.beat.hints import Hints
from bridge.score.beat.onset_strength import OnsetStrength, level
from bridge.score.beat.pulse_net import hear_beats
from bridge.score.beat.tracker import beat_map
from bridge.score.beat.verdict import judge

KICK, SNARE, HAT = 36, 38, 42
Notes = list[tuple[float, float, int]]
"""(beat, length in beats, key)."""


def _notes(rows: Notes, period_s: float, start_s: float) -> NoteArrays:
    on, length, key = (np.array(column, dtype=np.float64) for column in zip(*sorted(rows), strict=True))
    onset_s = start_s + on * period_s
    return NoteArrays(onset_s, onset_s + length * period_s, key.astype(np.int64), np.full(len(on), 0.8))


def _song(bpm: float, half: float = 0.5, beats: int = 64) -> tuple[OnsetStrength, BeatEvidence, float]:
    """Rock drums, a bass on their kicks and a chord a bar; ``half`` is where the second eighth falls."""
    period_s, start_s = 60.0 / bpm, 0.3
    drums, bass, other = (
        list[tuple[float, float, int]](),
        list[tuple[float, float, int]](),
        list[tuple[float, float, int]](),
    )
    for beat in range(beats):
        drums += [(beat, 0.1, SNARE if beat % 2 else KICK), (beat, 0.1, HAT), (beat + half, 0.1, HAT)]
        if beat % 4 == 2:
            drums.append((beat + half, 0.1, KICK))
        if beat % 2 == 0:
            root = (40, 45, 38, 43)[beat // 4 % 4]
            bass.append((beat, 0.9, root))
        if beat % 4 == 0:
            other += [(beat, 3.8, root + 12 + step) for step in (0, 4, 7)]
    length_s = start_s + beats * period_s
    parts = [_notes(rows, period_s, start_s) for rows in (drums, bass, other)]
    flux = np.zeros(int(length_s * RATE_HZ) + 1)
    low = flux.copy()
    for part, size in zip(parts, (1.0, 0.6, 0.4), strict=True):
        at = np.round(part.onset_s * RATE_HZ).astype(int)
        np.add.at(flux, at, size)
        np.add.at(low, at[part.pitch < 41], size)
    return OnsetStrength(level(60 * flux), level(60 * low)), BeatEvidence(*parts), length_s


def _read(bpm: float, half: float = 0.5) -> TempoMap:
    strength, heard, length_s = _song(bpm, half)
    return beat_map(strength, heard, length_s, Hints())


@pytest.mark.parametrize("bpm", [72.0, 88.0, 104.0, 121.3, 146.0])
@pytest.mark.first_is_enough
def test_a_groove_is_read_at_its_own_tempo(bpm: float) -> None:
    tempo = _read(bpm)
    assert tempo.points[-1].bpm == pytest.approx(bpm, rel=0.002) and tempo.confident


@pytest.mark.parametrize("bpm", [85.0, 95.0, 120.0])
def test_a_shuffle_is_not_read_in_its_triplets(bpm: float) -> None:
    assert _read(bpm, half=2 / 3).points[-1].bpm == pytest.approx(bpm, rel=0.002)


def test_the_same_beats_from_two_pulses_add_up_and_the_constant_ones_win() -> None:
    strength, heard, _ = _song(100.0)
    curves = smeared(features(strength.full, strength.low, heard))
    beats = 0.3 + 0.6 * np.arange(64, dtype=np.float64)
    net = hear_beats(curves)
    off = Candidate(beats[:-1] + 0.3, "click", 1.0, 0.6)
    strays = Candidate(beats + 0.004 * np.sin(np.arange(64)), "net", 1.0)
    click = Candidate(beats, "click", 1.0, 0.6)
    alone = judge(curves, net, [off, click])
    both = judge(curves, net, [off, strays, click])
    assert alone.best is click and both.best is click
    assert both.share > 0.9 and both.share >= alone.share - 0.02
    # No certainty, and where the onsets have no pulse no guess either.
    assert judge(curves, net, [off]).share < MIN_SHARE_WITHOUT_PULSE


def test_a_long_recording_is_judged_like_its_parts() -> None:
    short, long = (judge_of(beats) for beats in (48, 240))
    assert short > 0.9 and long > 0.9


def judge_of(beats: int) -> float:
    """How sure the beat of a groove of that length is."""
    strength, heard, _ = _song(110.0, beats=beats)
    curves = smeared(features(strength.full, strength.low, heard))
    times = 0.3 + 60 / 110 * np.arange(beats, dtype=np.float64)
    found = [Candidate(times, "click", 1.0, 60 / 110), Candidate(times[::2], "click", 2.0, 120 / 110)]
    verdict = judge(curves, hear_beats(curves), found)
    assert verdict.best is found[0]
    return verdict.share
