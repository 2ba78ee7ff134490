"""Turn rendered and separated clips into training items: quantised features, role and notes.

    python -m training.notes.dataset OUT --pitched DIR --drums DIR --separated DIR --first 0 --clips 300

A clip gives up to three variants of each stem: really separated, cheaply separated by spectral masks (or left
clean), and the whole mix as role "other". Run it again when more clips are there; what exists is kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import soxr

from bridge.note_maps.features import FLOOR_DB, RATE, REFERENCE_DB, Vqt
from training.notes.labels import read_notes, sounding
from training.notes.model import ROLES
from training.separate import BALANCE_DB, MIX_LEVEL_DB

STEP_DB = 0.5
"""Resolution of the stored features: 8 bits cover FLOOR_DB up to +17 dB."""

LEAVE_CLEAN, LEAVE_DRUMS_OUT = 0.25, 0.35
"""Shares of the clips whose cheap variant is not separated at all, and whose mix has no drums."""


def quantise(features: np.ndarray) -> np.ndarray:
    """DB to uint8 steps of STEP_DB above FLOOR_DB."""
    return np.clip(np.round((features - FLOOR_DB) / STEP_DB), 0, 255).astype(np.uint8)


def read_audio(path: Path) -> np.ndarray:
    """(samples,) float32 at the features' rate."""
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(x.mean(1), rate, RATE) if rate != RATE else x[:, 0]


def balanced(stems: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The stems at random levels, their sum at MIX_LEVEL_DB."""
    length = min(len(x) for x in stems.values())
    out = {}
    for name, x in stems.items():
        rms = np.sqrt((x**2).mean()) + 1e-9
        out[name] = x[:length] * 10 ** (rng.normal(*BALANCE_DB[name]) / 20) / rms
    rms = np.sqrt((sum(out.values()) ** 2).mean()) + 1e-9
    return {k: (x * 10 ** (MIX_LEVEL_DB / 20) / rms).astype(np.float32) for k, x in out.items()}


def masked(stems: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Each stem taken from the mix by a ratio mask: holes where others are loud, and leakage."""
    size, power = int(rng.choice([2048, 4096])), rng.uniform(1.0, 2.2)
    spectra = {k: scipy.signal.stft(x, nperseg=size, noverlap=size * 3 // 4)[2] for k, x in stems.items()}
    mix = sum(spectra.values())
    magnitude = {k: np.abs(s) ** power for k, s in spectra.items()}
    total, out = sum(magnitude.values()) + 1e-12, {}
    leak = 10 ** (rng.uniform(-40, -18) / 20)
    for k, x in stems.items():
        wanted = mix * np.clip(magnitude[k] / total + leak * rng.random(), 0, 1)
        out[k] = scipy.signal.istft(wanted, nperseg=size, noverlap=size * 3 // 4)[1][: len(x)].astype(np.float32)
    return out


def write_item(path: Path, audio: np.ndarray, role: str, notes: np.ndarray, vqt: Vqt) -> None:
    """One training item; the file appears whole or not at all."""
    part = path.with_suffix(".part.npz")
    features = quantise(vqt(audio) + (REFERENCE_DB - MIX_LEVEL_DB))
    np.savez(part, features=features, role=ROLES.index(role), notes=notes)
    part.rename(path)


def truth_of(folder: Path, vqt: Vqt) -> dict[str, np.ndarray]:
    """Sounding notes by stem; cached beside the clean stems, as the separated variants come later."""
    out = {}
    for stem in ROLES:
        csv = folder / f"{stem}.csv"
        if not csv.exists():
            out[stem] = np.zeros((0, 4), np.float32)
            continue
        kept = folder / f"{stem}.npy"
        if not kept.exists():
            np.save(kept, sounding(read_notes(csv), vqt(read_audio(folder / f"{stem}.flac"))))
        out[stem] = np.load(kept)
    return out


def cheap_items(number: int, args: argparse.Namespace, vqt: Vqt) -> None:
    """Masked or clean stems and the whole mix of one clip."""
    folder, rng = args.pitched / f"{number:05d}", np.random.default_rng([11, number])
    stems = {s: read_audio(folder / f"{s}.flac") for s in ROLES if (folder / f"{s}.flac").exists()}
    drums = args.drums / f"{number:05d}.flac"
    if drums.exists() and rng.random() > LEAVE_DRUMS_OUT:
        stems["drums"] = read_audio(drums)
    if not stems:
        return  # the song had a rest there
    truth, stems = truth_of(folder, vqt), balanced(stems, rng)
    ready = stems if rng.random() < LEAVE_CLEAN else masked(stems, rng)
    for stem in ROLES:
        if stem in ready:
            write_item(args.out / f"{number:05d}_cheap_{stem}.npz", ready[stem], stem, truth[stem], vqt)
    everything = np.concatenate([truth[s] for s in ROLES])
    write_item(args.out / f"{number:05d}_mix_other.npz", sum(stems.values()), "other", everything, vqt)


def separated_items(number: int, args: argparse.Namespace, vqt: Vqt) -> None:
    """The really separated stems of one clip, also those in which nothing plays."""
    truth = truth_of(args.pitched / f"{number:05d}", vqt)
    for stem in ROLES:
        audio = read_audio(args.separated / f"{number:05d}" / f"{stem}.flac")
        write_item(args.out / f"{number:05d}_real_{stem}.npz", audio, stem, truth[stem], vqt)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pitched", type=Path, required=True)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--separated", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--clips", type=int, default=300)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    vqt = Vqt()
    for number in range(args.first, args.first + args.clips):
        if not (args.pitched / f"{number:05d}" / "done").exists():
            continue
        if not (args.out / f"{number:05d}_mix_other.npz").exists():
            cheap_items(number, args, vqt)
        separated = (args.separated / f"{number:05d}" / "done").exists()
        if separated and not (args.out / f"{number:05d}_real_vocals.npz").exists():
            separated_items(number, args, vqt)


if __name__ == "__main__":
    main()
