"""Figures of the shipped engine on an annotated set: per item and class, with the timing bias.

    python -m training.drums.evaluate --set shared/eval/data --stems STEMS_DIR
    python -m training.drums.evaluate --set shared/eval/data --mix

STEMS_DIR/<item>/drums.wav are the separator's stems; `--mix` transcribes the unseparated mixes
instead. Classes and matching follow shared/eval/score.py.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import mir_eval
import numpy as np

from bridge.audio.span_import import import_span
from bridge.music.notes import MIX, Note
from bridge.plugins.interfaces import AudioSource, Context
from bridge.testing import RecordingProgress
from bridge.transcribers.drums import DrumTranscriber
from bridge.transcribers.drums import engine as engine_module

FIVE = {36: "kick", 37: "snare", 38: "snare", 39: "snare", 42: "hihat", 44: "hihat", 46: "hihat", 43: "tom", 47: "tom",
        50: "tom", 49: "cymbal", 51: "cymbal"}  # fmt: skip
NAMES = ("kick", "snare", "hihat", "tom", "cymbal")
Rows = list[tuple[float, str]]


def reference(item: Path) -> Rows:
    """(onset s, class of five) of an item's annotation."""
    with (item / "notes.csv").open() as f:
        return [(float(r["onset"]), r["pitch"]) for r in csv.DictReader(f) if r["part"] == "drums"]


def counts(true: Rows, notes: Sequence[Note]) -> tuple[dict[str, np.ndarray], dict[str, list[float]]]:
    """Matched, true and heard, and the lateness of the matched, by class."""
    out, late = {}, {}
    for name in NAMES:
        t = np.unique([on for on, c in true if c == name])
        h = np.unique([n.onset_s for n in notes if FIVE.get(n.pitch) == name])
        pairs = mir_eval.util.match_events(t, h, 0.05) if len(t) and len(h) else []
        out[name] = np.array([len(pairs), len(t), len(h)])
        late[name] = [float(h[j] - t[i]) for i, j in pairs]
    return out, late


def f_measure(c: np.ndarray) -> float:
    """F of (matched, true, heard)."""
    return float(2 * c[0] / (c[1] + c[2])) if c[1] + c[2] else float("nan")


def transcribed(engine: DrumTranscriber, sound: Path, mix: Path, folder: Path) -> tuple[Note, ...]:
    """The notes of a stem file, at the level of its mix, or of the mix itself."""
    role = MIX if sound == mix else "drums"
    audio = import_span(sound, folder / "sound.wav")
    whole = import_span(mix, folder / "mix.wav")
    return engine.transcribe({role: AudioSource(role, audio, whole.rms)}, RecordingProgress()).parts[0].notes


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--stems", type=Path)
    parser.add_argument("--mix", action="store_true")
    parser.add_argument("--sensitivity", type=float, default=0.5)
    parser.add_argument("--weights", type=Path, help="folder of another drums.onnx and drums.json")
    args = parser.parse_args()
    engine_module.DATA = args.weights or engine_module.DATA
    total = {name: np.zeros(3, int) for name in NAMES}
    late: dict[str, list[float]] = {name: [] for name in NAMES}
    means = []
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        context = Context(model=lambda name: Path(name), cache=folder / "cache", home=folder)
        engine = DrumTranscriber(DrumTranscriber.Options(args.sensitivity), context)
        print(f"{'item':24s} {'F':>6s}  " + "".join(f"{n:>18s}" for n in NAMES) + "   late ms")
        for item in sorted(p for p in args.set.iterdir() if (p / "meta.json").exists()):
            mix = item / "mix.flac"
            stem = mix if args.mix else args.stems / item.name / "drums.wav"
            if "drums" not in json.loads((item / "meta.json").read_text())["scored"]:
                continue
            if not stem.exists() or stem.stat().st_size < 100_000:
                print(f"{item.name:24s} no stem")
                continue
            notes = transcribed(engine, stem, mix, folder)
            c, lates = counts(reference(item), notes)
            means.append(f_measure(np.sum(list(c.values()), 0)))
            cells = "".join(f"{f_measure(c[n]):6.2f} {c[n][0]:3d}/{c[n][1]:3d}/{c[n][2]:3d}" for n in NAMES)
            bias = 1000 * float(np.median([x for v in lates.values() for x in v] or [0]))
            print(f"{item.name:24s} {means[-1]:6.3f}  {cells}  {bias:6.1f}")
            for name in NAMES:
                total[name] += c[name]
                late[name] += lates[name]
    print(f"{'MEAN':24s} {np.mean(means):6.3f}  (matched/true/heard)")
    for name in NAMES:
        at = 1000 * np.array(late[name] or [0.0])
        print(
            f"{name:8s} F {f_measure(total[name]):.3f}  median late {np.median(at):+.1f} ms, "
            f"spread {np.percentile(at, 75) - np.percentile(at, 25):.1f} ms"
        )


if __name__ == "__main__":
    main()
