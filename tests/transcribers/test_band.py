"""The band model: two nets, a mix or a stem in, one part for each instrument out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.audio.recording import Recording, sides
from bridge.errors import JobCancelled
from bridge.inference.network import Network
from bridge.music.notes import Note
from bridge.note_maps.features import BINS, FLOOR_DB, FPS, MIN_KEY, RATE, Vqt
from bridge.note_maps.maps import NoteActivations
from bridge.plugins.interfaces import AudioSource, Context
from bridge.score.instruments.evidence import Evidence
from bridge.testing import RecordingProgress
from bridge.transcribers.band.company import VIEW
from bridge.transcribers.band.crops import BEFORE, CHANNELS, HIDDEN, LOW, STEPS, crops
from bridge.transcribers.band.engine import BandOptions, BandTranscriber
from bridge.transcribers.band.features import KEYS, StereoVqt
from bridge.transcribers.band.join import joined
from bridge.transcribers.band.listen import peaks
from bridge.transcribers.band.packing import packed, unpacked
from bridge.transcribers.band.verdict import Hearing, Judged, told_together, with_verdict

pytestmark = pytest.mark.slow

SONG_RATE = 44_100


def tone(pitch: int, onset_s: float, length_s: float, total_s: float, pan: float) -> np.ndarray:
    """(2, samples) of a plucked tone of ten partials."""
    t = np.arange(round(total_s * SONG_RATE)) / SONG_RATE - onset_s
    hz = 440 * 2 ** ((pitch - 69) / 12)
    x = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 11)) * np.exp(-np.maximum(t, 0) / 0.8)
    x *= np.clip(t / 0.003, 0, 1) * np.clip((length_s - t) / 0.02, 0, 1) * 0.08
    return np.stack([x * (1 - pan) / 2, x * (1 + pan) / 2]).astype(np.float32)


LINE = [(0.5 + 0.5 * i, 60 + (0, 4, 7, 12, 7, 4)[i % 6]) for i in range(12)]


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A bass far left of a line far right, 7 s."""
    line = [tone(pitch, onset, 0.45, 7.0, 0.8) for onset, pitch in LINE]
    bass = [tone(pitch - 24, onset, 0.45, 7.0, -0.8) for onset, pitch in LINE[::2]]
    return recording(tmp_path_factory.mktemp("band") / "mix.wav", np.sum([*line, *bass], axis=0))


def recording(path: Path, x: np.ndarray) -> Recording:
    soundfile.write(path, x.T, SONG_RATE, subtype="FLOAT")
    return Recording(path, SONG_RATE, len(x), x.shape[1], float(np.sqrt((x**2).mean())), float(np.abs(x).max()))


@pytest.fixture(scope="module")
def band(tmp_path_factory: pytest.TempPathFactory) -> BandTranscriber:
    folder = tmp_path_factory.mktemp("context")
    return BandTranscriber(BandOptions(), Context(lambda name: folder / name, folder, folder))


def found(notes: list[Note], truth: list[tuple[float, int]]) -> int:
    return sum(any(n.pitch == p and abs(n.onset_s - on) < 0.05 for n in notes) for on, p in truth)


def test_a_mix_becomes_parts_with_ids_families_and_sounds(band: BandTranscriber, mix: Recording) -> None:
    heard = band.transcribe({"mix": AudioSource("mix", mix, mix.rms)}, RecordingProgress())
    notes = [n for p in heard.parts for n in p.notes]
    truth = LINE + [(on, p - 24) for on, p in LINE[::2]]
    assert found(notes, truth) >= 0.9 * len(truth)
    assert len(notes) <= 1.3 * len(truth)
    assert len({p.id for p in heard.parts}) == len(heard.parts) >= 1
    for part in heard.parts:
        assert part.id == f"mix/{part.family}" or part.id[:-1] == f"mix/{part.family}"
        assert part.stem == "mix"
        assert list(part.notes) == sorted(part.notes)
        assert list(part.candidates) == sorted(part.candidates)
        assert not {c.note for c in part.candidates} & set(notes)


def test_a_stem_is_heard_with_its_mix(band: BandTranscriber, mix: Recording, tmp_path: Path) -> None:
    """What only the mix holds stays out of the stem's parts."""
    stem = recording(
        tmp_path / "other.wav", np.sum([tone(pitch, onset, 0.45, 7.0, 0.8) for onset, pitch in LINE], axis=0)
    )
    sources = {"mix": AudioSource("mix", mix, mix.rms), "other": AudioSource("other", stem, mix.rms)}
    heard = band.transcribe(sources, RecordingProgress())
    notes = [n for p in heard.parts for n in p.notes]
    assert found(notes, LINE) >= 0.9 * len(LINE)
    assert found(notes, [(on, p - 24) for on, p in LINE[::2]]) == 0
    assert all(p.stem == "other" and p.family != "bass" for p in heard.parts)


def test_what_is_left_over_may_hold_the_bass_where_no_stem_does(
    band: BandTranscriber, mix: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []

    def no_tracks(*_: object, whole: bool) -> list[object]:
        told.append(whole)
        return []

    monkeypatch.setattr("bridge.transcribers.band.engine.tracks_of", no_tracks)
    for without in (("vocals",), ("vocals", "bass"), ()):
        band.transcribe({"other": AudioSource("other", mix, mix.rms, without)}, RecordingProgress())
    assert told == [True, False, False]


@pytest.mark.parametrize("pitch", [45, 57, 69, 81])
def test_a_pure_tone_is_a_note(band: BandTranscriber, tmp_path: Path, pitch: int) -> None:
    """Among instruments it is a partial of one of them; a net that learned bands alone heard nothing here."""
    t = np.arange(2 * SONG_RATE) / SONG_RATE
    x = 0.3 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t)
    held = recording(tmp_path / "sine.wav", np.stack([x, x]).astype(np.float32))
    heard = band.transcribe({"mix": AudioSource("mix", held, held.rms)}, RecordingProgress())
    assert [n.pitch for p in heard.parts for n in p.notes] == [pitch]


def test_silence_has_no_parts(band: BandTranscriber, tmp_path: Path) -> None:
    silent = recording(tmp_path / "silent.wav", np.zeros((2, SONG_RATE), np.float32))
    assert band.transcribe({"mix": AudioSource("mix", silent, 0.0)}, RecordingProgress()).parts == ()


def test_a_stretch_without_notes_has_none(band: BandTranscriber, tmp_path: Path) -> None:
    """Sound that is no music, then a long rest: pieces without any onset."""
    x = np.random.default_rng(0).normal(0, 1e-3, (2, 25 * SONG_RATE)).astype(np.float32)
    x[:, SONG_RATE // 2 : SONG_RATE] += tone(60, 0.0, 0.5, 0.5, 0.0)
    noise = recording(tmp_path / "noise.wav", x)
    heard = band.transcribe({"mix": AudioSource("mix", noise, noise.rms)}, RecordingProgress())
    assert len([n for p in heard.parts for n in p.notes]) < 30


def test_a_cancelled_job_stops(band: BandTranscriber, mix: Recording) -> None:
    class Cancelled(RecordingProgress):
        def fraction(self, fraction: float) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        band.transcribe({"mix": AudioSource("mix", mix, mix.rms)}, Cancelled())


def test_a_piece_is_told_while_the_next_one_is_heard(
    band: BandTranscriber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, views_beside = band._nets._first, Network.views_beside
    events: list[str] = []

    def logged(network: Network, work: Callable[[], Any], *inputs: Any) -> Any:
        if network is not first:
            return views_beside(network, work, *inputs)
        events.append("begins")
        answer = views_beside(network, work, *inputs)
        events.append("ends")
        return answer

    monkeypatch.setattr(Network, "views_beside", logged)
    tones = [tone(60, at, 0.5, 20.0, 0.0) for at in (1.0, 11.0, 19.0)]
    sound = recording(tmp_path / "long.wav", np.sum(tones, axis=0))
    band._nets.listen(sound, sound.rms, "mix", lambda start_s, piece: events.append(f"{start_s:.0f}"))
    assert " ".join(events) == "begins ends begins 0 ends begins 9 ends 19"


def test_the_middle_is_the_note_nets_spectrogram_and_the_place_is_signed() -> None:
    t = np.arange(2 * RATE) / RATE
    left, right = np.sin(2 * np.pi * 440 * t), np.sin(2 * np.pi * 880 * t)
    samples = np.stack([left, right]).astype(np.float32) * 0.3
    mid, place = StereoVqt().stereo(samples)
    assert mid == pytest.approx(Vqt()(samples.mean(0))[: len(mid)], abs=0.02)
    assert len(mid) % 2 == 0
    assert place.shape == (len(mid) // 2, KEYS, 2)
    assert place[40, 69 - MIN_KEY, 0] == pytest.approx(-1, abs=0.02)
    assert place[40, 81 - MIN_KEY, 0] == pytest.approx(1, abs=0.02)
    assert abs(place[40, 60 - MIN_KEY, 0]) < 0.2, "nothing sounds there"


def test_mono_stands_in_the_middle() -> None:
    x = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert not StereoVqt().stereo(np.stack([x, x]))[1].any()


def test_the_sides_are_read_as_the_mono_sound_is(mix: Recording) -> None:
    for start_s, length_s in ((0.0, 1.0), (2.3, 1.7), (6.5, 2.0)):
        both = sides(mix, RATE, start_s, length_s)
        assert both.mean(0) == pytest.approx(mix.mono(RATE, start_s, length_s), abs=1e-5)


def test_a_crop_holds_what_surrounds_its_onset() -> None:
    frames, frame, key = 200, 100, 40
    rng = np.random.default_rng(0)
    mid = np.full((frames, BINS), FLOOR_DB, np.float32)
    mid[frame:] = -30
    maps, hidden = np.zeros((4, frames, 88), np.float32), rng.random((HIDDEN, frames // 2, 88)).astype(np.float32)
    place = rng.uniform(-1, 1, (frames // 2, KEYS, 2)).astype(np.float32)
    maps[0, frame, key] = 0.9
    onsets = np.array([[frame, key], [2, 0], [frames - 1, 87]])
    seen = crops(mid, place, maps, hidden, onsets)
    assert seen.shape == (3, CHANNELS, STEPS)
    assert not seen[0, 6:60, :BEFORE].any()
    assert (seen[0, 6:12, BEFORE:] > 0.7).all()
    layer = slice(CHANNELS - 8 - HIDDEN, CHANNELS - 8)
    assert seen[0, layer] == pytest.approx(hidden[:, frame // 2 - BEFORE : frame // 2 - BEFORE + STEPS, key])
    assert seen[0, -8, BEFORE] == place[frame // 2, key + LOW - MIN_KEY, 0]
    assert not seen[2, layer, BEFORE + 1 :].any(), "after the end is nothing"


def hearing(frames: int, at: list[tuple[int, int, float]]) -> Hearing:
    """Activations with onsets (frame, key, probability) and their evidence."""
    maps = np.full((4, frames, 88), 0.02, np.float32)
    for frame, key, p in at:
        maps[0, frame - 1 : frame + 2, key] = (p / 2, p, p / 2)
        maps[1, frame : frame + 30, key] = 0.9
    n = len(at)
    unit = np.zeros((n, 24), np.float32)
    unit[:, 0] = 1
    kept = NoteActivations()
    kept.add(maps)
    return Hearing(
        kept,
        Evidence(
            np.array([f / FPS for f, _, _ in at]),
            np.array([k + LOW for _, k, _ in at], np.int64),
            np.array([p for *_, p in at], np.float32),
            np.full((n, 11), -2.4, np.float32),
            unit,
            np.zeros(n, np.float32),
            np.zeros(n, np.float32),
        ),
    )


def test_the_second_net_raises_and_lowers_an_onset() -> None:
    heard = hearing(200, [(50, 30, 0.5), (120, 30, 0.5)])
    maps = np.stack([piece / np.float32(255) for piece in heard.maps.pieces()])[0]
    judged = with_verdict(maps, replace(heard.who, real=np.array([0.95, 0.05], np.float32)), 0.5)
    assert judged[0, 50, 30] > 0.7 > 0.3 > judged[0, 120, 30]
    assert (judged[1:] == maps[1:]).all()
    assert peaks(judged[0], 0, 200, 0.5).tolist() == [[50, 30]]


def test_a_stem_and_its_mix_join_in_log_odds() -> None:
    stem, mix = hearing(300, [(50, 30, 0.6), (150, 40, 0.6)]), hearing(300, [(50, 30, 0.95), (220, 20, 0.95)])
    both = joined(stem, mix, 0.3)
    onset = np.concatenate([piece / 255 for piece in both.maps.pieces()], 1)[0]
    assert onset[50, 30] > 0.65, "both hear it"
    assert onset[150, 40] < 0.5, "the mix does not"
    assert onset[220, 20] < 0.3, "the stem does not: it belongs to another stem"
    assert len(both.who) == 3


def test_a_key_that_sounds_on_is_struck_again_only_if_the_mix_hears_it_too() -> None:
    def sounding(*onsets: tuple[int, float]) -> Hearing:
        heard = hearing(300, [(frame, 30, p) for frame, p in onsets])
        maps = np.concatenate([piece / np.float32(255) for piece in heard.maps.pieces()], 1)
        maps[1, 100:200, 30] = 0.9
        held = NoteActivations()
        held.add(maps)
        return replace(heard, maps=held)

    stem = sounding((100, 0.8), (150, 0.8), (180, 0.8))
    both = joined(stem, sounding((100, 0.3), (150, 0.1), (180, 0.9)))
    onset = np.concatenate([piece / 255 for piece in both.maps.pieces()], 1)[0, :, 30]
    assert onset[100] > 0.6, "a fresh note may be covered in the mix"
    assert onset[150] < 0.4, "a hole that the drums left in the stem"
    assert onset[180] > 0.8


@pytest.mark.parametrize("heard", [None, hearing(300, []), hearing(300, [(50, 30, 0.6), (150, 40, 0.6)])])
def test_what_was_heard_survives_the_cache(heard: Hearing | None) -> None:
    facts, blobs = packed(heard, 3.5)
    again, length_s = unpacked(facts, blobs)
    assert length_s == 3.5
    if heard is None:
        assert again is None
        return
    assert again is not None
    assert again.maps.packed() == heard.maps.packed()
    assert again.who.onset_s == pytest.approx(heard.who.onset_s, abs=1e-5)
    assert again.who.pitch.tolist() == heard.who.pitch.tolist()
    with pytest.raises(ValueError, match="no activations"):
        unpacked(facts, {"maps": blobs["maps"], "who": b"x"})


def test_onsets_told_together_move_the_maps_of_every_piece() -> None:
    heard = hearing(200, [(50, 30, 0.5), (120, 30, 0.5)]), hearing(200, [(10, 40, 0.6)])
    alone = [Judged(h, np.zeros((len(h.who), VIEW), np.float32)) for h in heard]
    pieces = [piece.later(start_s) for piece, start_s in zip(alone, (0.0, 200 / FPS), strict=True)]
    both = told_together(pieces)
    assert both.maps.frames == 400
    assert len(both.who) == 3
    onset = np.concatenate([piece / 255 for piece in both.maps.pieces()], 1)[0]
    before = np.array([0.5, 0.5, 0.6])
    told = onset[[50, 120, 210], [30, 30, 40]]
    # The maps keep bytes; a probability that was the second net's alone becomes what all say of it.
    assert told == pytest.approx(both.who.real, abs=0.02)
    assert np.abs(told - before).max() > 0.05
    assert told_together([]).maps.frames == 0
