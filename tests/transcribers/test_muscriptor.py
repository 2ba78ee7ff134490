"""The real package muscriptor, with small models of its own kind made here: random weights, and a written-out song."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import testing
from bridge.audio.recording import Recording
from bridge.audio.wav_writer import Writer
from bridge.errors import JobCancelled
from bridge.music.parts import Part, Transcription
from bridge.plugins.interfaces import AudioSource, Context, Transcriber
from bridge.transcribers.muscriptor import MuScriptorTranscriber
from bridge.transcribers.muscriptor.engine import MuScriptorOptions
from bridge.transcribers.muscriptor.instruments import GROUPS, OF_STEM
from tests.raising import raises_code

torch = pytest.importorskip("torch")
package = pytest.importorskip("muscriptor.transcription_model", reason="pip install --no-deps muscriptor==0.4.0")
mt3 = pytest.importorskip("muscriptor.tokenizer.mt3")
safetensors = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.slow
RATE = 44_100
SONG = (
    ("shift", 50), ("program", 33), ("velocity", 1), ("pitch", 40), ("drum", 36), ("shift", 100), ("drum", 38),
    ("shift", 150), ("program", 0), ("pitch", 64), ("shift", 200), ("drum", 42), ("velocity", 0), ("pitch", 66),
)  # fmt: skip
"""What the written-out model says in each piece of five seconds; nothing ends its bass but the bass of the next."""


def saved(model: Any, folder: Path, shape: dict[str, int]) -> Path:
    """A folder as the published models have it."""
    folder.mkdir()
    safetensors.save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(shape))
    return folder


def tiny(dim: int) -> tuple[Any, dict[str, int]]:
    torch.manual_seed(2)
    shape = {"dim": dim, "num_heads": 2, "num_layers": 1, "card": 1395}
    return package._build_model(torch.device("cpu"), package._ModelConfig(**shape)), shape


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says SONG: its layers add nothing, so that each token is followed by the one that is its row's."""
    model, shape = tiny(32)
    vocabulary = mt3.MT3Tokenizer("MT3_FULL_PLUS", 1001)
    said = [vocabulary._token_index["tie", 0], *(vocabulary._token_index[t] for t in SONG), vocabulary.eos_id]
    with torch.no_grad():
        for layer in model.transformer.layers:
            layer.self_attn.out_proj.weight.zero_()
            layer.linear2.weight.zero_()
        model.emb.weight.zero_()
        model.linear.weight.zero_()
        for place, (token, follower) in enumerate(zip([model.initial_token_id, *said], said, strict=False)):
            # Much louder than the positions that the package adds.
            model.emb.weight[token, place] = 100.0
            model.linear.weight[follower, place] = 1.0
            # Where that is not allowed, the piece is over.
            model.linear.weight[vocabulary.eos_id, place] += 0.5
    return saved(model, tmp_path_factory.mktemp("models") / "written", shape)


@pytest.fixture(scope="module")
def by_chance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights that leans to some tokens, without which it would hardly ever write a note."""
    model, shape = tiny(16)
    vocabulary = mt3.MT3Tokenizer("MT3_FULL_PLUS", 1001)
    ranges = {"shift": range(1, 500), "program": range(0, 100, 8), "pitch": range(40, 80), "drum": range(35, 50)}
    some = [(kind, value) for kind, values in ranges.items() for value in values] + [("velocity", 0)]
    often = [vocabulary._token_index[t] for t in (("tie", 0), ("velocity", 1))] + [vocabulary.eos_id]
    with torch.no_grad():
        model.out_norm.bias[0] = 3.0
        model.linear.weight[:, 0] = -1.0
        model.linear.weight[[vocabulary._token_index[t] for t in some], 0] = 0.3
        model.linear.weight[often, 0] = 0.5
    return saved(model, tmp_path_factory.mktemp("models") / "by_chance", shape)


def context(folder: Path, device: str = "cpu") -> Context:
    def no_model(name: str) -> Path:
        raise AssertionError("the store is not asked")

    return Context(model=no_model, cache=folder, home=folder, device=device)


def engine(folder: Path) -> MuScriptorTranscriber:
    return MuScriptorTranscriber(MuScriptorOptions(non_commercial=True, folder=str(folder)), context(folder))


def source(path: Path, seconds: float, role: str = "mix", loud: float = 0.1) -> dict[str, AudioSource]:
    noise = np.random.default_rng(8).standard_normal((2, int(seconds * RATE)))
    with Writer(path, RATE, 2) as writer:
        writer.write(np.asarray(loud * noise, np.float32))
        made: Recording = writer.finish()
    return {role: AudioSource(role, made, made.rms)}


def heard(folder: Path, path: Path, seconds: float, role: str = "mix") -> Transcription:
    return engine(folder).transcribe(source(path, seconds, role), testing.RecordingProgress())


def rows(part: Part) -> list[tuple[float, float, int]]:
    return [(round(n.onset_s, 3), round(n.offset_s, 3), n.pitch) for n in part.notes]


def test_every_instrument_is_a_part_and_notes_go_on_over_the_pieces(written: Path, tmp_path: Path) -> None:
    song = {p.id: p for p in heard(written, tmp_path / "mix.wav", 7.0).parts}
    assert {name: (p.name, p.program, p.family, p.is_drums) for name, p in song.items()} == {
        "mix/drums": ("Drums", 0, "drums", True),
        "mix/acoustic_piano": ("Piano", 0, "keys", False),
        "mix/electric_bass": ("Bass", 33, "bass", False),
    }
    assert rows(song["mix/electric_bass"]) == [(0.5, 5.5, 40), (5.5, 7.0, 40)]
    assert rows(song["mix/acoustic_piano"]) == [(1.5, 6.5, 64), (6.5, 7.0, 64)]
    drums = [(0.5, 0.6, 36), (1.0, 1.1, 38), (2.0, 2.1, 42), (5.5, 5.6, 36), (6.0, 6.1, 38)]
    assert rows(song["mix/drums"]) == drums


def test_a_stem_is_one_part_of_the_instruments_that_play_there(written: Path, tmp_path: Path) -> None:
    bass = heard(written, tmp_path / "bass.wav", 4.0, "bass").parts
    assert [(p.id, p.stem, p.name) for p in bass] == [("bass", "bass", "Bass")]
    assert rows(bass[0]) == [(0.5, 4.0, 40)]


def test_louder_notes_and_strokes_get_higher_velocities() -> None:
    from bridge.transcribers.muscriptor.levels import RATE as SMALL
    from bridge.transcribers.muscriptor.levels import drum_velocities, key_velocities

    t = np.arange(SMALL) / SMALL
    tones = [gain * np.sin(2 * np.pi * 440 * t) for gain in (0.02, 0.1, 0.4)]
    sound = np.concatenate(tones).astype(np.float32)
    quiet, middle, loud = key_velocities(sound, [0.0, 1.0, 2.0], [69, 69, 69], 0.2)
    assert 1 <= quiet < middle < loud <= 127
    assert key_velocities(sound, [2.0], [61], 0.2)[0] < loud / 2
    burst = np.random.default_rng(0).standard_normal(SMALL // 10)
    struck = np.zeros(3 * SMALL, np.float32)
    for second, gain in enumerate((0.05, 0.1, 0.2)):
        struck[second * SMALL + 2048 :][: len(burst)] = gain * burst
    times = [second + 2048 / SMALL for second in range(3)]
    soft, firm, hard = drum_velocities(struck, times, [38, 38, 38])
    assert 1 <= soft < firm < hard <= 127
    assert drum_velocities(struck, [], []) == []


def test_random_weights_keep_the_contract(by_chance: Path, tmp_path: Path) -> None:
    made = engine(by_chance)
    assert isinstance(made, Transcriber)
    progress, there = testing.RecordingProgress(), source(tmp_path / "mix.wav", 6.0)
    song = made.transcribe(there, progress)
    ids = [part.id for part in song.parts]
    assert ids
    assert len(set(ids)) == len(ids)
    assert set(progress.heard) <= set(ids)
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == 1.0
    for part in song.parts:
        assert part.stem == "mix"
        assert list(part.notes) == sorted(part.notes)
        assert all(n.offset_s <= 6.0 for n in part.notes)
    assert made.transcribe(there, testing.RecordingProgress()) == song


def test_it_prints_nothing_and_says_where_it_lost_the_thread(
    written: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine(written)
    there = source(tmp_path / "mix.wav", 6.0)
    assert made.transcribe(there, testing.RecordingProgress()).warnings == ()
    # The end of a piece that never comes.
    monkeypatch.setattr(made._package._model._tokenizer, "eos_id", -5)
    lost = made.transcribe(there, testing.RecordingProgress())
    assert "in 2 of its pieces" in lost.warnings[0]
    assert capfd.readouterr() == ("", "")


def test_silence_has_no_notes_and_a_cancel_ends_it(written: Path, tmp_path: Path) -> None:
    made = engine(written)
    silence = source(tmp_path / "silence.wav", 2.0, loud=0.0)
    assert made.transcribe(silence, testing.RecordingProgress()) == Transcription.single("mix", ())
    with pytest.raises(JobCancelled):
        made.transcribe(source(tmp_path / "mix.wav", 2.0), testing.RecordingProgress(JobCancelled()))


def test_the_tables_know_the_packages_groups() -> None:
    assert set(GROUPS) | {"drums"} == set(mt3.MT3_FULL_PLUS_GROUP_NAMES)
    assert {group for groups in OF_STEM.values() for group in groups} <= set(mt3.MT3_FULL_PLUS_GROUP_NAMES)


def test_what_is_no_model_is_refused_in_a_sentence(written: Path, tmp_path: Path) -> None:
    with raises_code("model-not-found") as refused:
        engine(tmp_path)
    assert "hf download MuScriptor" in str(refused.value)
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "config.json").write_bytes((written / "config.json").read_bytes())
    (torn / "model.safetensors").write_bytes((written / "model.safetensors").read_bytes()[:5000])
    with raises_code("model-not-loaded"):
        engine(torn)
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text((written / "config.json").read_text().replace("32", "64"))
    (other / "model.safetensors").write_bytes((written / "model.safetensors").read_bytes())
    with raises_code("model-not-loaded"):
        engine(other)


def test_it_is_ready_only_with_the_users_word_and_folder(written: Path) -> None:
    assert MuScriptorTranscriber.missing(MuScriptorOptions(non_commercial=True, folder=str(written))) == ""
    with raises_code("licence-not-accepted"):
        MuScriptorTranscriber.missing(MuScriptorOptions(folder=str(written)))
    with raises_code("model-not-found"):
        MuScriptorTranscriber.missing(MuScriptorOptions(non_commercial=True))


def test_a_device_that_is_not_there_is_refused_and_not_replaced(written: Path) -> None:
    options = MuScriptorOptions(non_commercial=True, folder=str(written))
    if not torch.backends.mps.is_available():
        with raises_code("device-unavailable"):
            MuScriptorTranscriber(options, context(written, "mps"))
    beside_openvino = MuScriptorTranscriber(options, context(written, "gpu"))
    assert beside_openvino.device == "cpu"
