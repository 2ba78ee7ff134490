"""The beat tracker on drum patterns whose beats are known, and on sounds that have none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.music.notes import Note
from bridge.music.tempo import TempoMap
from bridge.score.beat.hints import Hints
from bridge.score.beat.tracker import track_beats
from tests.support import part_of

RATE = 22_050
Array = npt.NDArray[np.float64]
Hit = tuple[float, str]


def _sound(kind: str, rng: np.random.Generator) -> Array:
    n = int(0.12 * RATE)
    t = np.arange(n) / RATE
    noise = rng.standard_normal(n)
    if kind == "kick":
        result: Array = 0.8 * np.sin(2 * np.pi * (50 * t + 3 * (1 - np.exp(-t * 30)))) * np.exp(-t * 18)
    elif kind == "snare":
        result = 0.5 * noise * np.exp(-t * 25)
    else:
        result = 0.2 * np.diff(noise, prepend=0.0) * np.exp(-t * 60)
    return result


def _recording(hits: list[Hit], length_s: float, folder: Path) -> Recording:
    rng = np.random.default_rng(7)
    samples = 1e-4 * rng.standard_normal(int(length_s * RATE))
    for time_s, kind in hits:
        first = round(time_s * RATE)
        sound = _sound(kind, rng)[: max(0, len(samples) - first)]
        samples[first : first + len(sound)] += 0.5 * sound
    soundfile.write(folder / "hits.wav", samples, RATE)
    return import_span(folder / "hits.wav", folder / "mix.wav")


def _pattern(length_s: float, at: Callable[[float], float], meter: int = 4, off: float = 0.5) -> list[Hit]:
    """Rock drums: ``at`` gives the seconds of a beat, ``off`` is where the second eighth falls."""
    hits, beat = [], 0
    while at(beat) < length_s - 0.2:
        place = beat % meter
        backbeat = place in ((1, 3) if meter == 4 else (1, 2))
        hits += [(at(beat), "snare" if backbeat else "kick"), (at(beat), "hat"), (at(beat + off), "hat")]
        if place == 2 and meter == 4:
            hits.append((at(beat + off), "kick"))
        beat += 1
    return hits


def _steady(bpm: float, start_s: float) -> Callable[[float], float]:
    return lambda beat: start_s + beat * 60.0 / bpm


def _off_grid_s(tempo: TempoMap, hits: list[Hit], step_qn: float = 0.25) -> Array:
    """How far each hit is from the grid of the map, in seconds."""
    times = sorted({t for t, _ in hits})
    return np.array([abs(tempo.to_s(round(tempo.to_qn(t) / step_qn) * step_qn) - t) for t in times])


def _is_bar_line(tempo: TempoMap, time_s: float) -> bool:
    """Whether a bar begins within 15 ms of ``time_s``, counting as a sequencer does."""
    bar_s, meter = 0.0, 4
    while bar_s < time_s + 0.015:
        if abs(bar_s - time_s) < 0.015:
            return True
        signs = [p for p in tempo.points if p.beats_per_bar is not None and p.time_s <= bar_s + 1e-6]
        meter = signs[-1].beats_per_bar or meter
        bar_s = tempo.to_s(round(tempo.to_qn(bar_s), 6) + meter)
    return False


@pytest.mark.parametrize("bpm", [60, 75, 90, 120, 133.7, 160, 180, 200])
def test_a_click_track_lies_on_the_grid(bpm: float, tmp_path: Path) -> None:
    hits = [(t, "hat") for t in np.arange(0.37, 15.5, 60 / bpm)]
    tempo = track_beats(_recording(hits, 16.0, tmp_path), [])
    assert tempo.confident
    # A bare click does not tell which of its doubles it is.
    ratio = tempo.points[-1].bpm / bpm
    assert min(abs(ratio - r) for r in (0.5, 1.0, 2.0)) < 0.0005
    assert _off_grid_s(tempo, hits, 1.0 if ratio > 0.75 else 0.5).max() < 0.006


@pytest.mark.parametrize("bpm", [90, 100, 120, 128, 140, 160, 174])
@pytest.mark.first_is_enough
def test_a_drum_pattern_gives_its_tempo_and_its_bars(bpm: float, tmp_path: Path) -> None:
    hits = _pattern(16.0, _steady(bpm, 0.3))
    tempo = track_beats(_recording(hits, 16.0, tmp_path), [])
    assert tempo.confident
    assert tempo.points[-1].bpm == pytest.approx(bpm, abs=0.05)
    assert _off_grid_s(tempo, hits).max() < 0.008
    # Kick on one and three: either may begin the bar, but never the snare's beats.
    assert _is_bar_line(tempo, 0.3 + 240 / bpm) or _is_bar_line(tempo, 0.3 + 360 / bpm)


@pytest.mark.parametrize("start_s", [0.0, 0.004, 0.08, 0.21, 0.45, 0.9, 1.6])
@pytest.mark.first_is_enough
def test_wherever_the_first_beat_is_the_beats_fall_on_the_grid(start_s: float, tmp_path: Path) -> None:
    hits = _pattern(14.0, _steady(120, start_s))
    tempo = track_beats(_recording(hits, 14.0, tmp_path), [])
    off = _off_grid_s(tempo, hits)
    # Only the beat in front of which there is no room for one at 300 BPM may be off the grid.
    stretched = 0.012 < start_s < 0.2
    assert off[2 if stretched else 0 :].max() < 0.012
    assert all(30 <= p.bpm <= 300 for p in tempo.points)
    assert all(1 <= (p.beats_per_bar or 4) <= 4 for p in tempo.points)


@pytest.mark.parametrize("drums", ["rock", "four on the floor", "half time"])
@pytest.mark.parametrize(("bpm", "bars"), [(120, 4), (120, 8), (90, 16), (128, 4), (100, 8), (140, 8)])
@pytest.mark.first_is_enough
def test_a_loop_cut_at_its_bar_line_begins_with_a_bar(drums: str, bpm: float, bars: int, tmp_path: Path) -> None:
    kicks, snares = {"rock": ((0, 2), (1, 3)), "half time": ((0,), (2,))}.get(drums, (range(4), (1, 3)))
    at, hits = _steady(bpm, 0.0), list[Hit]()
    for beat in range(4 * bars):
        hits += [(at(beat), "kick")] * (beat % 4 in kicks) + [(at(beat), "snare")] * (beat % 4 in snares)
        hits += [(at(beat), "hat"), (at(beat + 0.5), "hat")]
    keys = {"kick": 36, "snare": 38, "hat": 42}
    heard = part_of("drums", sorted(Note(t, t + 0.1, keys[kind], 100) for t, kind in hits))
    tempo = track_beats(_recording(hits, bars * 240 / bpm, tmp_path), [heard])
    assert [(p.time_s, p.beats_per_bar) for p in tempo.points] == [(0.0, 4)]
    # Half time may be told in halves.
    assert tempo.points[0].bpm in ((bpm, bpm / 2, bpm * 2) if drums == "half time" else (bpm,))


def test_a_song_that_begins_on_the_beat_has_one_tempo_point(tmp_path: Path) -> None:
    tempo = track_beats(_recording(_pattern(14.0, _steady(120, 0.0)), 14.0, tmp_path), [])
    assert [(p.time_s, p.bpm, p.beats_per_bar) for p in tempo.points] == [(0.0, 120.0, 4)]


def test_bars_of_three(tmp_path: Path) -> None:
    hits = _pattern(20.0, _steady(140, 0.0), meter=3)
    tempo = track_beats(_recording(hits, 20.0, tmp_path), [])
    assert tempo.points[-1].bpm == pytest.approx(140, abs=0.05)
    assert tempo.points[-1].beats_per_bar == 3
    assert _is_bar_line(tempo, 9 * 60 / 140)


@pytest.mark.slow
def test_a_shuffle_keeps_its_beat(tmp_path: Path) -> None:
    hits = _pattern(16.0, _steady(120, 0.5), off=2 / 3)
    tempo = track_beats(_recording(hits, 16.0, tmp_path), [])
    assert tempo.points[-1].bpm == pytest.approx(120, abs=0.05)
    assert _off_grid_s(tempo, hits, 1 / 3).max() < 0.012


@pytest.mark.slow
def test_a_break_does_not_move_the_beat(tmp_path: Path) -> None:
    hits = [h for h in _pattern(24.0, _steady(110, 0.2)) if not 9 < h[0] < 14]
    tempo = track_beats(_recording(hits, 24.0, tmp_path), [])
    assert tempo.points[-1].bpm == pytest.approx(110, abs=0.02)
    assert _off_grid_s(tempo, hits)[2:].max() < 0.008


@pytest.mark.slow
def test_drift_is_followed_bar_by_bar(tmp_path: Path) -> None:
    hits = _pattern(36.0, lambda beat: 0.4 + 0.6 * beat - 0.0006 * beat * beat)
    tempo = track_beats(_recording(hits, 36.0, tmp_path), [])
    assert tempo.confident and len(tempo.points) > 5
    assert tempo.points[-1].bpm > 1.05 * tempo.points[2].bpm
    off = _off_grid_s(tempo, hits)
    assert np.median(off) < 0.006 and np.mean(off < 0.02) > 0.95


@pytest.mark.slow
def test_a_new_tempo_in_the_middle_is_found(tmp_path: Path) -> None:
    hits = [*_pattern(18.0, _steady(120, 0.5)), *((t + 18, k) for t, k in _pattern(18.0, _steady(90, 0.2)))]
    tempo = track_beats(_recording(hits, 36.0, tmp_path), [])
    assert np.mean(_off_grid_s(tempo, hits) < 0.02) > 0.9
    assert tempo.points[2].bpm == pytest.approx(120, rel=0.02)
    assert tempo.points[-2].bpm == pytest.approx(90, rel=0.02)


@pytest.mark.parametrize("share", [0.6, 2 / 3, 0.8, 1.4], ids=lambda share: f"to {share:.0%}")
@pytest.mark.first_is_enough
def test_a_ritardando_over_the_last_bars_is_followed(share: float, tmp_path: Path) -> None:
    # f14: 120 BPM, then slower and slower over eight bars of broken chords; the map sped up again and lost 226 ms.
    steps = np.concatenate([np.ones(16), np.linspace(1.0, share, 32)])
    beats = 0.2 + np.concatenate([[0.0], np.cumsum(0.5 / steps)])
    notes = [Note(float(a), float(b), (48, 64, 67, 72)[i % 4], 90) for i, (a, b) in enumerate(pairwise(beats))]
    sound = _recording([(n.onset_s, "hat") for n in notes], float(beats[-1]) + 0.5, tmp_path)
    tempo = track_beats(sound, [part_of("piano", notes)])
    off = _off_grid_s(tempo, [(n.onset_s, "") for n in notes], 1.0)
    assert (off < 0.07).mean() > 0.95
    spans = np.diff([tempo.to_qn(n.onset_s) for n in notes])
    # A beat is a beat all the way, not half of one or one and a half.
    assert np.median(np.abs(spans - np.median(spans))) < 0.05


def test_notes_tell_where_the_bar_begins(tmp_path: Path) -> None:
    # Four equal beats; only the harmony, which changes on every fourth beat from the third on, tells the bars.
    times = np.arange(0.5, 19.5, 0.5)
    roots = [60, 65, 67, 62]
    chords = tuple(
        Note(float(t), float(t) + 0.45, roots[(i + 2) // 4 % 4] + step, 90)
        for i, t in enumerate(times)
        for step in (0, 4, 7)
    )
    mix = _recording([(float(t), "hat") for t in times], 20.0, tmp_path)
    tempo = track_beats(mix, [part_of("other", chords)])
    assert _is_bar_line(tempo, times[2]) and _is_bar_line(tempo, times[6])


@pytest.mark.parametrize(("wave", "hz"), [("sine", 55.0), ("sine", 220.0), ("saw", 220.0), ("tremolo", 220.0)])
def test_a_held_tone_has_no_beat(wave: str, hz: float, tmp_path: Path) -> None:
    t = np.arange(10 * RATE) / RATE
    tone = (hz * t) % 1.0 - 0.5 if wave == "saw" else np.sin(2 * np.pi * hz * t)
    level = 1.0 + 0.3 * np.sin(2 * np.pi * 5.5 * t) if wave == "tremolo" else 1.0
    soundfile.write(tmp_path / "tone.wav", 0.3 * level * tone, RATE)
    held = [part_of("other", [Note(0.0, 10.0, 57, 90)])]
    assert not track_beats(import_span(tmp_path / "tone.wav", tmp_path / "mix.wav"), held).confident


@pytest.mark.parametrize("kind", ["silence", "noise", "at random", "one hit", "a few", "free"])
def test_where_there_is_no_beat_it_says_so_and_keeps_120(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    hits: dict[str, list[Hit]] = {
        "silence": [],
        "one hit": [(1.0, "kick")],
        "a few": [(0.5, "kick"), (1.0, "kick"), (1.5, "snare")],
        "at random": [(float(t), "snare") for t in np.sort(rng.uniform(0, 11.5, 40))],
        "free": [(float(t), "snare") for t in np.cumsum(rng.uniform(0.25, 1.1, 16))],
    }
    if kind == "noise":
        soundfile.write(tmp_path / "noise.wav", 0.1 * rng.standard_normal(5 * RATE), RATE)
        mix = import_span(tmp_path / "noise.wav", tmp_path / "mix.wav")
    else:
        mix = _recording(hits[kind], 12.0, tmp_path)
    tempo = track_beats(mix, [])
    assert tempo == TempoMap() and not tempo.confident and tempo.points[0].bpm == 120


def test_a_tenth_of_a_second_and_digital_silence_are_no_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "short.wav", np.zeros(2205), RATE)
    assert not track_beats(import_span(tmp_path / "short.wav", tmp_path / "mix.wav"), []).confident


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818 - stands for JobCancelled
        pass

    def report(stage: str, fraction: float) -> None:
        assert stage == "score" and 0 <= fraction <= 1
        raise Stop

    with pytest.raises(Stop):
        track_beats(_recording([(0.1, "kick")], 2.0, tmp_path), [], report)


@pytest.mark.slow
def test_what_the_user_knows_is_kept_to(tmp_path: Path) -> None:
    mix = _recording(_pattern(16.0, _steady(120, 0.5)), 16.0, tmp_path)

    def told(**known: float) -> TempoMap:
        return track_beats(mix, [], hints=Hints(**known))  # type: ignore[arg-type]

    assert {p.bpm for p in told(bpm=119.5).points[1:]} <= {119.5} and told(bpm=119.5).points[-1].bpm == 119.5
    assert told(factor=0.5).points[-1].bpm == pytest.approx(60, abs=0.05)
    assert told(factor=2.0).points[-1].bpm == pytest.approx(240, abs=0.2)
    assert told(beats_per_bar=3).points[-1].beats_per_bar in (3, None)
    assert {p.beats_per_bar for p in told(beats_per_bar=3).points} <= {1, 2, 3, None}
    moved = told(first_downbeat_s=1.5)
    assert moved.confident and _is_bar_line(moved, 1.5) and _is_bar_line(moved, 3.5)
    exact = told(bpm=120, first_downbeat_s=1.25)
    assert _is_bar_line(exact, 1.25) and not _is_bar_line(exact, 1.5)


def test_a_given_tempo_serves_where_nothing_is_heard(tmp_path: Path) -> None:
    mix = _recording([(1.0, "kick")], 8.0, tmp_path)
    tempo = track_beats(mix, [], hints=Hints(bpm=97.3, beats_per_bar=3, first_downbeat_s=0.5))
    assert tempo.confident and tempo.points[-1].bpm == pytest.approx(97.3)
    assert _is_bar_line(tempo, 0.5) and _is_bar_line(tempo, 0.5 + 3 * 60 / 97.3)
