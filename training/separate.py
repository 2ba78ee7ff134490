"""Run the real separator over made-up mixes, so that the models hear the artefacts they will meet.

    python -m training.separate --drums DIR --pitched DIR --model htdemucs.onnx OUT --first 0 --clips 300

For every clip the drum file (DIR/<clip:05d>.flac) and the pitched stems (DIR/<clip:05d>/<stem>.flac) are summed
at levels and positions drawn at random, separated by HTDemucs without overlap (a clip is three of its
segments) and written to OUT/<clip:05d>/{drums,bass,other,vocals}.flac: drums at 44.1 kHz, the others at
22.05 kHz, all mono, scaled so that the mix has MIX_LEVEL_DB. The truth stays where the generators wrote it.
Clips whose parts are not there yet are tried again until nothing is left to do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr

from bridge.audio.span_import import import_span
from bridge.plugins.interfaces import Context
from bridge.separators.htdemucs import HTDemucs, HTDemucsOptions
from bridge.testing import RecordingProgress
from training.plan import CLIP_S, SAMPLE_RATE, clip_plan

STEMS = ("drums", "bass", "other", "vocals")
"""HTDemucs' order of outputs."""

MIX_LEVEL_DB = -24.0
"""RMS of the mix that the written stems belong to: room for a drum's peaks in 16 bits."""

BALANCE_DB = {"drums": (0.0, 4.0), "bass": (-3.0, 3.5), "other": (0.0, 3.5), "vocals": (-0.5, 3.5)}
"""Mean and spread of each stem's level relative to the others, in dB."""

WITHOUT_DRUMS = 0.12
"""Share of the clips mixed without drums."""


class Separator:
    """The product's separator, for sound in memory."""

    def __init__(self, model: Path, folder: Path, threads: int) -> None:
        """Compile ``model`` for this machine; ``folder`` keeps the compiled form and one mix at a time."""
        context = Context(lambda name: model, folder / "cache", folder)
        self._engine = HTDemucs(HTDemucsOptions(overlap=0.0, threads=threads), context)
        self._folder = folder

    def __call__(self, mix: np.ndarray) -> np.ndarray:
        """(2, samples) -> (4, 2, samples)."""
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            path = Path(name) / "mix.wav"
            soundfile.write(path, mix.T, SAMPLE_RATE, "FLOAT")
            recording = import_span(path, path.with_name("read.wav"))
            return np.concatenate(list(self._engine.separate(recording, STEMS, RecordingProgress())), 2)


def mixed(parts: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(2, samples): the parts at random levels and places, the sum at MIX_LEVEL_DB."""
    mix = np.zeros((2, round(CLIP_S * SAMPLE_RATE)))
    for stem, x in parts.items():
        rms = np.sqrt((x**2).mean())
        gain = 10 ** (rng.normal(*BALANCE_DB[stem]) / 20) / rms if rms > 1e-6 else 0.0
        side = rng.uniform(-0.35, 0.35) if stem == "other" else rng.normal(0, 0.05)
        mix += gain * x * np.array([[1 + side], [1 - side]])
    return mix * (10 ** (MIX_LEVEL_DB / 20) / (np.sqrt((mix**2).mean()) + 1e-9))


def parts_of(number: int, drums: Path, pitched: Path, rng: np.random.Generator) -> dict[str, np.ndarray] | None:
    """(2, samples) by stem, or None where something is not rendered yet."""
    folder = pitched / f"{number:05d}"
    paths = {s: folder / f"{s}.flac" for s in STEMS[1:] if (folder / f"{s}.flac").exists()}
    if rng.random() >= WITHOUT_DRUMS or not paths:
        paths["drums"] = drums / f"{number:05d}.flac"
    if not (folder / "done").exists() or not all(p.exists() for p in paths.values()):
        return None
    length, parts = round(CLIP_S * SAMPLE_RATE), {}
    for stem, path in paths.items():
        try:
            x = soundfile.read(path, dtype="float32", always_2d=True)[0].T[:, :length]
        except soundfile.LibsndfileError:
            return None  # still being written by the other generator
        parts[stem] = np.pad(x[:2] if len(x) > 1 else np.repeat(x, 2, 0), ((0, 0), (0, length - x.shape[1])))
    return parts


def separate_clip(number: int, args: argparse.Namespace, separator: Separator) -> bool:
    """Write the four separated stems of a clip; False where its parts are not there yet."""
    rng = np.random.default_rng([clip_plan(number).seed, 99])
    parts = parts_of(number, args.drums, args.pitched, rng)
    if parts is None:
        return False
    folder = args.out / f"{number:05d}"
    folder.mkdir(parents=True, exist_ok=True)
    for stem, x in zip(STEMS, separator(mixed(parts, rng)), strict=True):
        mono, rate = x.mean(0), SAMPLE_RATE
        if stem != "drums":
            mono, rate = soxr.resample(mono, SAMPLE_RATE, SAMPLE_RATE // 2), SAMPLE_RATE // 2
        soundfile.write(folder / f"{stem}.flac", np.clip(mono, -1, 1), rate)
    (folder / "done").touch()
    return True


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--pitched", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    separator = Separator(args.model, args.out, args.threads)
    left = list(range(args.first, args.first + args.clips))
    while left:
        for number in [n for n in left if not (args.out / f"{n:05d}" / "done").exists()]:
            start = time.monotonic()
            if separate_clip(number, args, separator):
                print(number, f"{time.monotonic() - start:.1f} s", flush=True)
        left = [n for n in left if not (args.out / f"{n:05d}" / "done").exists()]
        if left:
            time.sleep(10)


if __name__ == "__main__":
    main()
