"""The semitone net's material: the band's training clips, and drum clips to lay over those without drums.

    python -m training.drums.semitones.data OUT --items BAND_ITEMS --songs DIR [--songs DIR] --not CHECK_SET
        --bank KITS [--first 3000] [--count 300]

writes OUT/mixes.npz (what `training.band.clips` rendered, each semitone's loudest bin, with the strokes; clips that
play a song of the check set are left out: --songs as it was given to the clips), OUT/drums/N.npz (clips of
`training.drums.render`, the same way), and OUT/louder_db.npy, by how much the drum nets' bands are louder than the
semitones in their places.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pretty_midi
import soxr

from bridge.note_maps.features import RATE, Vqt, reference_gain
from bridge.transcribers.drums.features import COMPRESSION, MIX_RMS, spectra
from bridge.transcribers.drums.semitones import pooled
from training.band.arrange import SONGS, from_song
from training.drums.classes import ARTICULATION_CLASS
from training.drums.render import clip
from training.drums.semitones.net import bands_of_semitones
from training.drums.sounds import GM_KEYS
from training.notes.dataset import quantise
from training.notes.songs import KEPT_APART, load_songs
from training.plan import SAMPLE_RATE

CALIBRATION = 5
"""Drum clips from whose levels the two spectra are matched."""
LEVELS = (0.5, 0.8, 0.95)
"""Quantiles of a band over time that are matched."""
QUIET = 1e-4
"""RMS of a clip whose drummer is silent."""


def song_played(number: int, folders: Sequence[Sequence[pretty_midi.PrettyMIDI]]) -> tuple[int, int] | None:
    """Folder and place in it of the song that a clip of the band plays; its first draws, as in `band_of`."""
    rng = np.random.default_rng([47, number])
    if rng.random() >= SONGS:
        return None
    folder = int(rng.integers(len(folders)))
    for _ in range(3):
        song = int(rng.integers(len(folders[folder])))
        if from_song(folders[folder][song], rng) is not None:
            return folder, song
    return None


def classes_of_keys(rows: np.ndarray) -> np.ndarray:
    """Rows of onset, class, velocity 0..1, of rows of onset, General MIDI key, velocity."""
    out = [
        (onset, kind, velocity / 127)
        for onset, key, velocity in rows
        for kind in ARTICULATION_CLASS.get(GM_KEYS.get(int(key), ""), ())
    ]
    return np.array(out, np.float32).reshape(-1, 3)


def mixes(items: Path, songs: Sequence[Path], apart: Path) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Number, semitones (8 bit) and truth of each clip of a band that plays no song of the set ``apart``."""
    names = [[p.stem for p in sorted(folder.glob("*.mid")) if p.stem not in KEPT_APART] for folder in songs]
    folders = [load_songs(folder) for folder in songs]
    kept_out = {item.name for item in apart.iterdir()}
    for path in sorted(items.glob("?????_mix.npz")):
        number = int(path.name[:5])
        played = song_played(number, folders)
        if played is None or names[played[0]][played[1]] not in kept_out:
            with np.load(path) as item:
                yield number, pooled(item["mid"]).astype(np.uint8), classes_of_keys(item["drums"])


def semitones(audio: np.ndarray, vqt: Vqt) -> np.ndarray:
    """(frames, semitones) dB of mono sound (samples,) at 44.1 kHz as the product hears a mix of it alone."""
    x = soxr.resample(audio, SAMPLE_RATE, RATE)
    return pooled(vqt((x * reference_gain(float(np.sqrt((x**2).mean())))).astype(np.float32)))


def louder_db(clips: Sequence[np.ndarray], vqt: Vqt) -> np.ndarray:
    """(BANDS,) dB by which the drum nets' bands are louder than the semitones, over some sounds."""
    weights, _ = bands_of_semitones()
    rows = [(spectra((x * (MIX_RMS / np.sqrt((x**2).mean()))).astype(np.float32)), semitones(x, vqt)) for x in clips]
    magnitudes = (10 ** np.concatenate([bands for bands, _ in rows]) - 1) / COMPRESSION
    bands = 20 * np.log10(np.quantile(magnitudes, LEVELS, axis=0).mean(1) + 1e-9)
    return np.asarray((bands - np.quantile(np.concatenate([s @ weights for _, s in rows]), LEVELS, axis=0)).mean(0))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--songs", type=Path, action="append", default=[])
    parser.add_argument("--not", dest="apart", type=Path, required=True)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--first", type=int, default=3000)
    parser.add_argument("--count", type=int, default=300)
    args = parser.parse_args()
    (args.out / "drums").mkdir(parents=True, exist_ok=True)
    numbers, sounds, truths = zip(*mixes(args.items, args.songs, args.apart), strict=True)
    ends = np.cumsum([len(t) for t in truths])
    np.savez(args.out / "mixes.npz", numbers=numbers, sounds=sounds, strokes=np.concatenate(truths), ends=ends)
    vqt, first = Vqt(), []
    for number in range(args.first, args.first + args.count):
        stereo, truth = clip(number, args.bank)
        audio = stereo.mean(1)
        if np.sqrt((audio**2).mean()) > QUIET:
            np.savez(args.out / "drums" / f"{number:05d}.npz", sound=quantise(semitones(audio, vqt)), strokes=truth)
            first += [audio] if len(first) < CALIBRATION else []
    np.save(args.out / "louder_db.npy", louder_db(first, vqt))


if __name__ == "__main__":
    main()
