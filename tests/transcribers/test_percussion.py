"""Claps, tambourines, shakers and cowbells: each on its key, and a hat stays a hat."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bridge.audio.span_import import import_span
from bridge.plugins.interfaces import AudioSource
from bridge.transcribers.drums import DrumTranscriber
from bridge.transcribers.drums.features import FRAMES_PER_S
from bridge.transcribers.drums.kit import GROUPS, Tuning, hits, notes
from bridge.transcribers.drums.peaks import CLASSES, SHARED
from bridge.transcribers.drums.presence import EVIDENCE, played
from bridge.transcribers.drums.semitones import between, joined, load_joining
from tests.raising import raises_code
from tests.support import transcribed
from tests.transcribers.test_drums import made, quiet

Array = npt.NDArray[np.float32]
TUNING = Tuning(dict.fromkeys(GROUPS, 0.4), dict.fromkeys(CLASSES, 0.0))
SHARE, FAINT = 0.5, 0.3
FRAME = 50


def answer(heights: dict[str, float], classes: int = len(CLASSES)) -> Array:
    """A stroke at FRAME, of classes as high as given."""
    out = np.full((100, 2, classes), 1e-4, np.float32)
    for name, height in heights.items():
        k = CLASSES.index(name)
        out[FRAME - 1 : FRAME + 2, 0, k] = height * np.array([1 / 3, 1, 1 / 3])
        out[FRAME, 1, k] = 0.8
    return out


def keys(others: Array, own: Array) -> list[int]:
    both = joined(others, own, SHARE, FAINT)
    return sorted(n.pitch for n in notes(hits(both[:, 0], both[:, 1], TUNING)))


@pytest.mark.parametrize(("name", "key"), [("tambourine", 54), ("shaker", 70)])
def test_a_hat_that_is_none_leaves_its_key_to_what_it_is(name: str, key: int) -> None:
    assert keys(answer({"hat_closed": 0.9}, SHARED), answer({name: 0.8, "hat_closed": 0.05})) == [key]


@pytest.mark.parametrize("name", ["tambourine", "shaker"])
def test_a_hat_under_percussion_stays(name: str) -> None:
    assert 42 in keys(answer({"hat_closed": 0.9}, SHARED), answer({name: 0.7, "hat_closed": 0.9}))


def test_a_hat_that_the_other_nets_hear_surely_is_a_hat() -> None:
    assert keys(answer({"hat_closed": 0.95}, SHARED), answer({"hat_closed": 0.2, "shaker": 0.05})) == [42]


def test_a_cowbell_is_no_side_stick() -> None:
    assert keys(answer({"side_stick": 0.8}, SHARED), answer({"cowbell": 0.9, "side_stick": 0.05})) == [56]


@pytest.mark.parametrize(
    ("whole", "part", "share", "key"),
    [
        ("side_stick", "clap", 0.9, 39), ("side_stick", "clap", 0.1, 37),
        ("hat_closed", "hat_pedal", 0.9, 44), ("hat_closed", "hat_pedal", 0.1, 42),
    ],
)  # fmt: skip
def test_a_part_of_a_class_has_its_own_key(whole: str, part: str, share: float, key: int) -> None:
    assert keys(answer({whole: 0.9}, SHARED), answer({whole: 0.8, part: 0.8 * share})) == [key]


def test_what_only_the_other_nets_hear_is_not_renamed() -> None:
    """Where the semitone net hears next to nothing, its parts of nothing say nothing."""
    assert keys(answer({"side_stick": 0.999}, SHARED), answer({"side_stick": 0.001, "clap": 0.001})) == [37]


def song(name: str, strokes: dict[float, float], seconds: int) -> Array:
    """What the semitone net says of strokes (second: probability) of one class."""
    out = np.full((seconds * FRAMES_PER_S, 2, len(CLASSES)), 1e-4, np.float32)
    for at, height in strokes.items():
        frame = round(at * FRAMES_PER_S)
        out[frame - 1 : frame + 2, 0, CLASSES.index(name)] = height * np.array([1 / 3, 1, 1 / 3])
    return out


def kept(name: str, strokes: dict[float, float], seconds: int = 60) -> list[float]:
    left = played(song(name, strokes, seconds))[:, 0, CLASSES.index(name)]
    return [
        round(float(frame) / FRAMES_PER_S, 2)
        for frame in np.flatnonzero(left > 0.05)
        if left[frame] == max(left[frame - 1 : frame + 2])
    ]


@pytest.mark.parametrize("name", EVIDENCE)
def test_an_instrument_that_keeps_time_plays_and_its_fainter_strokes_too(name: str) -> None:
    strokes = {0.5 + k / 2: 0.9 if k % 2 else 0.25 for k in range(24)}
    assert kept(name, strokes) == list(strokes)


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_few_strokes_of_what_never_keeps_time_are_a_mistake(name: str) -> None:
    assert kept(name, {3.0: 0.6, 11.0: 0.4, 19.5: 0.3}) == []


@pytest.mark.parametrize("name", EVIDENCE)
def test_what_might_be_percussion_all_the_time_is_none(name: str) -> None:
    assert kept(name, {0.5 + k / 4: 0.15 for k in range(100)}) == []


def test_an_instrument_of_the_chorus_is_not_heard_in_the_verse() -> None:
    chorus = {60 + k / 2: 0.9 for k in range(40)}
    assert kept("tambourine", {5.0: 0.5, 110.0: 0.5, **chorus}, 120) == list(chorus)


@pytest.mark.parametrize("name", ["tambourine", "shaker"])
def test_what_plays_no_percussion_was_a_hat(name: str) -> None:
    heard = played(song(name, {3.0: 0.6}, 20))
    assert heard[300, 0, CLASSES.index("hat_closed")] == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize(
    ("whole", "part", "key"), [("side_stick", "clap", 39), ("hat_closed", "hat_pedal", 44)]
)  # fmt: skip
def test_what_is_surely_a_part_is_surely_the_whole(whole: str, part: str, key: int) -> None:
    assert keys(answer({whole: 0.5}, SHARED), answer({whole: 0.1, part: 0.6})) == [key]


def test_of_the_sounds_of_a_limb_the_rarer_is_named_where_both_are_likely() -> None:
    for heights, key in (({"hat_closed": 0.5, "hat_open": 0.4}, 46), ({"hat_closed": 0.8, "hat_open": 0.1}, 42)):
        heard = answer(heights)
        assert [n.pitch for n in notes(hits(heard[:, 0], heard[:, 1], TUNING))] == [key]


def test_an_answer_is_read_between_its_frames() -> None:
    rising = np.linspace(0.1, 0.9, 9, dtype=np.float32)[:, None, None]
    read = between(np.tile(rising, (1, 2, 3)), np.array([0.0, 2.5, 8.0]))[:, 0, 0]
    assert read[[0, 2]] == pytest.approx([0.1, 0.9], abs=1e-3)
    assert 0.3 < read[1] < 0.4


@pytest.mark.parametrize("text", ["", "{}", '{"shares": 3}', "[]", '{"shares": {"mix": 0.5}, "later_s": 0}'])
def test_damaged_settings_of_the_semitone_net_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "semitones.json").write_text(text)
    with raises_code("drums-damaged"):
        load_joining(tmp_path / "semitones.json")


KIT = [(0, 36), (2, 36), (1, 38), (3, 38)]
EIGHTHS = [k / 2 for k in range(8)]
BACKBEAT = (1, 3)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DrumTranscriber:
    return made(tmp_path_factory.mktemp("percussion"))


def rendered(bar: list[tuple[float, int]], folder: Path) -> Path:
    """Four bars at 120 BPM (beat, key), by a soundfont that no training has heard."""
    pretty_midi = pytest.importorskip("pretty_midi")
    program = shutil.which("fluidsynth") or pytest.skip("fluidsynth is not installed")
    song, kit = pretty_midi.PrettyMIDI(), pretty_midi.Instrument(0, is_drum=True)
    for number in range(4):
        for beat, key in bar:
            at = 0.1 + number * 2 + beat / 2
            kit.notes.append(pretty_midi.Note(100, key, at, at + 0.05))
    song.instruments.append(kit)
    song.write(str(folder / "song.mid"))
    font = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
    command = [program, "-ni", "-q", "-F", str(folder / "song.wav"), str(font), str(folder / "song.mid")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "song.wav"


def counted(engine: DrumTranscriber, bar: list[tuple[float, int]], folder: Path) -> Counter[int]:
    audio = import_span(rendered(bar, folder), folder / "read.wav")
    return Counter(n.pitch for n in transcribed(engine, AudioSource("drums", audio, audio.rms), quiet).parts[0].notes)


@pytest.mark.slow
@pytest.mark.parametrize(("key", "least"), [(54, 0.6), (39, 0.6), (56, 0.5)])
def test_percussion_alone_comes_out_on_its_key(engine: DrumTranscriber, tmp_path: Path, key: int, least: float) -> None:
    found = counted(engine, [(beat, key) for beat in EIGHTHS], tmp_path)
    assert found[key] >= least * 32


@pytest.mark.slow
def test_a_shaker_comes_out_on_its_key(engine: DrumTranscriber, tmp_path: Path) -> None:
    found = counted(engine, [*KIT, *((beat / 2, 82) for beat in range(16))], tmp_path)
    assert found[70] >= 0.5 * 64


@pytest.mark.slow
def test_a_tambourine_on_the_backbeat_comes_out_beside_the_kick(engine: DrumTranscriber, tmp_path: Path) -> None:
    found = counted(engine, [(0, 36), (2, 36), *((beat, 54) for beat in BACKBEAT)], tmp_path)
    assert found[36] == 8
    assert found[54] >= 5


@pytest.mark.slow
@pytest.mark.parametrize("key", [37, 42, 46])
def test_what_a_drummer_strikes_stays_on_its_key(engine: DrumTranscriber, tmp_path: Path, key: int) -> None:
    found = counted(engine, [*KIT, *((beat, key) for beat in EIGHTHS)], tmp_path)
    assert found[36] == found[38] == 8
    assert sum(found[other] for other in (39, 44, 54, 56, 70)) <= 1
