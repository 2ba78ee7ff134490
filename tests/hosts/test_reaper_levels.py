"""One-shots on the simulation's sampler: as loud as in the song at every velocity."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.audio.one_shots import OneShot, cut_one_shots
from bridge.audio.sampler_levels import layers
from bridge.music.notes import Note
from bridge.music.parts import Part
from tests.audio.test_one_shots import drums
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.instruments import sampler
from tests.reaper_sim.model import Track
from tests.reaper_sim.plugins import find, instance

RATE = 44100
PIECES = {36: 60.0, 38: 190.0, 42: 6000.0, 49: 4000.0}
VELOCITIES = (25, 50, 76, 102, 125)
CURVES: dict[str, Callable[[float], float]] = {
    "proportional": lambda v: v / 127,
    "flat": lambda v: 0.4 + 0.6 * v / 127,
    "square": lambda v: (v / 127) ** 2,
    "decibels": lambda v: float(10 ** ((v - 127) * 30 / 127 / 20)),
}


def hit(hz: float, gain: float) -> np.ndarray:
    time = np.arange(round(0.3 * RATE)) / RATE
    return gain * 0.5 * np.sin(2 * np.pi * hz * time) * np.exp(-time * 18)


def song(folder: Path, curve: Callable[[float], float]) -> tuple[Path, Part]:
    """A stem in which each piece is struck at 25 velocities, alone, in no order."""
    rng = np.random.default_rng(7)
    strokes = [(pitch, int(v)) for pitch in PIECES for v in np.linspace(20, 127, 25)]
    order = rng.permutation(len(strokes))
    sound, notes = np.zeros(round((len(strokes) * 0.5 + 1) * RATE)), []
    for place, index in enumerate(order):
        pitch, velocity = strokes[index]
        wave, onset = hit(PIECES[pitch], curve(velocity)), 0.2 + 0.5 * place
        start = round(onset * RATE)
        sound[start : start + len(wave)] += wave
        notes.append(Note(onset + 0.003, onset + 0.1, pitch, velocity))
    path = folder / "drums.wav"
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return path, drums(*notes)


def kit(shots: list[OneShot]) -> Track:
    """A track with the samplers as the script sets them."""
    track = new_track("Drums")
    plugin = find("ReaSamplOmatic5000")
    assert plugin is not None
    for shot in shots:
        fx = instance(plugin)
        fx.config["FILE0"] = str(shot.path)
        wanted = {
            "Note range start": shot.pitch / 127, "Note range end": shot.pitch / 127,
            "Gain for minimum velocity": shot.least_gain / 2, "Minimum velocity": shot.softest / 127,
            "Maximum velocity": shot.loudest / 127,
        }  # fmt: skip
        for row in fx.params:
            row[1] = wanted.get(row[0], row[1])
        track.fx.append(fx)
    return track


def level_db(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound[: round(0.06 * RATE)])))))


@pytest.mark.parametrize("name", CURVES)
def test_every_piece_is_as_loud_as_in_the_song_at_every_velocity(tmp_path: Path, name: str) -> None:
    stem, part = song(tmp_path, CURVES[name])
    track = kit(cut_one_shots(stem, part, tmp_path / "shots"))
    misses = {}
    for pitch, hz in PIECES.items():
        for velocity in VELOCITIES:
            wanted = level_db(hit(hz, CURVES[name](velocity)))
            played = sampler(track, pitch, velocity)
            # The sample begins 4 ms before its attack.
            misses[pitch, velocity] = level_db(played[round(0.004 * RATE) :]) - wanted
    print(f"{name}: worst {max(misses.values(), key=abs):+.2f} dB, {len(track.fx)} samplers")
    assert max(abs(miss) for miss in misses.values()) < 1.5, misses


def test_a_piece_of_one_loudness_is_one_sample_proportional_to_velocity() -> None:
    (layer,) = layers([100, 100, 101], [0.2, 0.21, 0.2])
    assert (layer.softest, layer.loudest, layer.least_gain) == (1, 127, 0.0)
    assert layer.peak_gain == pytest.approx(0.2 * 127 / 100, rel=0.06)


def test_layers_hold_every_velocity_once() -> None:
    velocities = list(range(1, 128, 3))
    found = layers(velocities, [(v / 127) ** 3 for v in velocities])
    assert [found[0].softest, found[-1].loudest] == [1, 127]
    assert all(a.loudest + 1 == b.softest for a, b in itertools.pairwise(found))
    assert len(found) > 1


def test_a_hit_that_is_softer_by_mistake_does_not_turn_the_curve_round() -> None:
    found = layers([20, 60, 100, 120], [0.02, 0.3, 0.1, 0.4])
    assert all(0 <= layer.least_gain <= 1 for layer in found)


def test_hats_choke(tmp_path: Path) -> None:
    time = np.arange(4 * RATE) / RATE
    sound = 0.5 * np.sin(2 * np.pi * 440 * time) * np.exp(-np.maximum(0, time - 0.5)) * (time >= 0.5)
    soundfile.write(tmp_path / "drums.wav", sound, RATE, subtype="FLOAT")
    part = drums(Note(0.503, 0.6, 46, 100), Note(2.5, 2.6, 42, 90), Note(3.0, 3.1, 44, 90))
    shots = {shot.pitch: shot for shot in cut_one_shots(tmp_path / "drums.wav", part, tmp_path / "x")}
    assert shots[46].choked_by == (42, 44)
    assert shots[42].choked_by == ()
