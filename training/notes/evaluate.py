"""Measure a model: on separated stems of the development set, or tune thresholds on held-out clips.

    python -m training.notes.evaluate MODEL.pt stems STEMS OUT     STEMS/<item>/{bass,other,vocals,drums}.wav
    python -m training.notes.evaluate MODEL.pt tune ITEMS          dataset.py's files, clips from 9000 on

The first writes OUT/<item>.mid for shared/eval/score.py; the second prints figures by threshold. Both go through
the product's own decoding.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Iterable
from pathlib import Path

import mir_eval
import numpy as np
import pretty_midi
import torch

from bridge.music.notes import Note
from bridge.note_maps.features import FLOOR_DB, REFERENCE_DB, Vqt
from bridge.note_maps.maps import NoteActivations
from bridge.transcribers.notes.engine import BASS, OTHER, VOCALS, RoleProfile, Voices, decode
from training.notes.compose import HELD_OUT_FIRST
from training.notes.dataset import STEP_DB, read_audio
from training.notes.model import ROLES, NoteNet, load_model

MANNERS = {"bass": BASS, "vocals": VOCALS, "other": OTHER}

WINDOW, MARGIN = 1024, 48
"""Frames run at once and their context."""

GRIDS = {
    "onset": (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6),
    "repeat": (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8),
    "frame": (0.3, 0.4, 0.5, 0.6),
    "offset_weight": (1.0, 6.0, 30.0, 60.0, 90.0, 140.0),
    "start_cost": (-1.0, 0.0, 1.0, 2.0, 3.0),
}
"""Values tried, one setting after another."""


@torch.no_grad()
def listen(model: NoteNet, features: np.ndarray, role: str) -> NoteActivations:
    """The maps of (frames, BINS) dB."""
    count = len(features)
    maps = NoteActivations(MANNERS[role].lowest, MANNERS[role].highest)
    one_hot = torch.eye(len(ROLES))[None, ROLES.index(role)]
    for a in range(0, count, WINDOW):
        low, high = max(0, a - MARGIN), min(count, a + WINDOW + MARGIN)
        x = torch.from_numpy(np.ascontiguousarray(features[low:high], np.float32))
        x = torch.cat([x, x[-1:]]) if len(x) % 2 else x
        with torch.autocast("cpu", torch.bfloat16):
            y = torch.sigmoid(model(x[None], one_hot)[0])
        maps.add(y[:, a - low : min(a + WINDOW, count) - low].float().numpy())
    return maps


def stem_features(folder: Path, cache: Path, vqt: Vqt) -> dict[str, np.ndarray]:
    """Features of the pitched stems of one song, scaled by its mix; kept as files in ``cache``."""
    kept = cache / f"{folder.name}.npz"
    if not kept.exists():
        audio = {s: read_audio(folder / f"{s}.wav") for s in (*ROLES, "drums")}
        gain = 10 ** (REFERENCE_DB / 20) / (np.sqrt((sum(audio.values()) ** 2).mean()) + 1e-9)
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(kept, **{s: vqt((audio[s] * gain).astype(np.float32)).astype(np.float16) for s in ROLES})
    with np.load(kept) as z:
        return {s: z[s] for s in ROLES}


def write_midi(parts: dict[str, list[Note]], path: Path) -> None:
    """One track a part, named after it."""
    song = pretty_midi.PrettyMIDI()
    for name, notes in parts.items():
        track = pretty_midi.Instrument(0, name=name.capitalize())
        track.notes = [pretty_midi.Note(n.velocity, n.pitch, n.onset_s, n.offset_s) for n in notes]
        song.instruments.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    song.write(str(path))


def transcribe_stems(model: NoteNet, stems: Path, out: Path, voices: Voices) -> None:
    """All songs of a folder."""
    vqt = Vqt()
    for folder in sorted(p for p in stems.iterdir() if all((p / f"{s}.wav").exists() for s in (*ROLES, "drums"))):
        features = stem_features(folder, stems.parent / "eval_features", vqt)
        parts = {s: decode(listen(model, features[s], s), MANNERS[s], voices, 0.5)[0] for s in ROLES}
        write_midi(parts, out / f"{folder.name}.mid")


def f_measure(truth: np.ndarray, notes: Iterable[Note], *, offsets: bool, tolerance: float = 0.05) -> float:
    """mir_eval's note F-measure of (notes, 4) truth against notes."""
    found = np.array([(n.onset_s, n.offset_s, n.pitch) for n in notes]).reshape(-1, 3)
    if not len(truth) or not len(found):
        return float(len(truth) == len(found))

    def hz(pitch: np.ndarray) -> np.ndarray:
        return 440 * 2 ** ((pitch - 69) / 12)

    return mir_eval.transcription.precision_recall_f1_overlap(
        np.maximum(truth[:, :2], [0, 0.01]),
        hz(truth[:, 2]),
        found[:, :2],
        hz(found[:, 2]),
        onset_tolerance=tolerance,
        offset_ratio=0.2 if offsets else None,
    )[2]


Clip = tuple[NoteActivations, np.ndarray]


def score(clips: list[Clip], manner: RoleProfile, *, voices: Voices, offsets: bool) -> float:
    """Mean F-measure over clips."""
    return float(np.mean([f_measure(t, decode(m, manner, voices, 0.5)[0], offsets=offsets) for m, t in clips]))


def changed(manner: RoleProfile, name: str, value: float) -> RoleProfile:
    """The manner with one setting changed."""
    if name == "start_cost":
        return dataclasses.replace(manner, start_cost=value)
    return dataclasses.replace(manner, thresholds=dataclasses.replace(manner.thresholds, **{name: value}))


def tune(model: NoteNet, items: Path) -> None:
    """Print, for every role and both ways of decoding, the settings best on the held-out clips."""
    clips: dict[str, list[Clip]] = {r: [] for r in ROLES}
    for path in sorted(items.glob("[0-9]*_*.npz")):
        if int(path.name[:5]) < HELD_OUT_FIRST or "_mix_" in path.name:
            continue
        with np.load(path) as z:
            role, truth = ROLES[int(z["role"])], z["notes"]
            if len(truth):
                clips[role].append((listen(model, z["features"] * STEP_DB + FLOOR_DB, role), truth))
    for role, voices in itertools.product(ROLES, ("many", "one")):
        if role == "other" and voices == "one":
            continue
        best = MANNERS[role]
        for name, offsets in (
            ("onset", False),
            ("repeat", False),
            ("start_cost", False),
            ("onset", False),
            ("frame", True),
            ("offset_weight", True),
        ):
            if name == {"many": "start_cost", "one": "repeat"}[voices]:
                continue
            rows = {v: score(clips[role], changed(best, name, v), voices=voices, offsets=offsets) for v in GRIDS[name]}
            best = changed(best, name, max(rows, key=lambda v: rows[v]))
            print(role, voices, name, {v: round(s, 3) for v, s in rows.items()}, flush=True)
        print(role, len(clips[role]), "clips", best, flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("what", choices=["stems", "tune"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--voices", choices=["auto", "one", "many"], default="auto")
    args = parser.parse_args()
    model = load_model(args.model)
    if args.what == "tune":
        tune(model, args.folder)
    else:
        transcribe_stems(model, args.folder, args.out, args.voices)


if __name__ == "__main__":
    main()
