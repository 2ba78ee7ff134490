"""Render the pitched stems of clips: notes, sound and effects, one folder a clip.

    python -m training.notes.render OUT --font A.sf2 --font B.sf3 --songs DIR --songs DIR --first 0 --clips 300

Writes OUT/<clip:05d>/{bass,other,vocals}.flac (44.1 kHz mono) with a .csv of truth beside each
(onset_s, offset_s, pitch, velocity). A clip depends on its number alone, so a run resumes where it stopped.
A font ending in .cfg is a timidity configuration; clips from HELD_OUT_FIRST on are for thresholds, and take
all their lines but the sung ones from the family given to them.
"""

from __future__ import annotations

import argparse
import csv
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile

from training.notes.compose import HELD_OUT_FIRST, Line, line
from training.notes.effects import colour
from training.notes.fonts import FontPlayer
from training.notes.patches import PatchPlayer
from training.notes.songs import excerpt, load_songs
from training.notes.synths import SynthPlayer, random_patch
from training.notes.voice import sing
from training.plan import CLIP_S, SAMPLE_RATE, clip_plan

STEMS = ("bass", "other", "vocals")

OTHER_KINDS = ("chords", "pad", "arp", "lead", "riff", "random")
OTHER_SHARES = (0.3, 0.12, 0.18, 0.2, 0.14, 0.06)
"""What the lines of the "other" stem are, as shares."""

SONGS = 0.45
"""Share of the clips that are an excerpt of a song; every folder of songs is as likely."""

LEVEL_DB = -20.0
"""RMS of each stem's file; separate.py sets the balance."""


def lines_of(number: int, songs: list[list], rng: np.random.Generator) -> dict[str, list[Line]]:
    """The lines of a clip by stem: excerpts of songs, or made up."""
    plan = clip_plan(number)
    stems: dict[str, list[Line]] = {s: [] for s in STEMS}
    if songs and rng.random() < SONGS:
        folder = songs[rng.integers(len(songs))]
        stems |= excerpt(folder[rng.integers(len(folder))], plan, rng)
    else:
        if rng.random() < 0.9:
            stems["bass"].append(line("bass", plan, rng))
        for kind in rng.choice(OTHER_KINDS, rng.choice([1, 1, 2, 2, 3, 4]), p=OTHER_SHARES):
            stems["other"].append(line(str(kind), plan, rng))
    if rng.random() < 0.55:
        stems["vocals"].append(line("voice", plan, rng))
    return stems


def open_font(path: Path) -> FontPlayer | PatchPlayer:
    """The player for a file."""
    return PatchPlayer(path) if path.suffix == ".cfg" else FontPlayer(path)


def sound(part: Line, fonts: list, rng: np.random.Generator, synths: float) -> np.ndarray:
    """One line's audio from a soundfont, a synthesiser (their share is ``synths``) or a voice of ours."""
    x = rng.random()
    if part.kind == "voice" and x < 0.8:
        audio = sing(part, rng)
    elif x < synths or not fonts:
        audio = SynthPlayer(random_patch(part.kind, rng), rng).render(part)
    else:
        audio = fonts[rng.integers(len(fonts))].render(part, rng)
    return colour(audio, part.kind, rng)


def levelled(audio: np.ndarray) -> np.ndarray:
    """The audio at LEVEL_DB, silence as it is, peaks kept below full scale."""
    rms = np.sqrt((audio**2).mean())
    if rms < 1e-6:
        return audio
    audio = audio * (10 ** (LEVEL_DB / 20) / rms)
    return audio / max(1.0, np.abs(audio).max() / 0.99)


def write_clip(number: int, out: Path, fonts: list, songs: list[list]) -> None:
    """Render one clip, unless it is there already; stems without notes are left out."""
    folder = out / f"{number:05d}"
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([7, number])
    for stem, parts in lines_of(number, songs, rng).items():
        parts = [p for p in parts if p.notes]
        if not parts:
            continue
        mix = np.zeros(round(CLIP_S * SAMPLE_RATE), np.float32)
        for part in parts:
            mix += levelled(sound(part, fonts, rng, 0.25 if number < HELD_OUT_FIRST else 0.0)) * 10 ** (
                rng.normal(0, 4) / 20
            )
        soundfile.write(folder / f"{stem}.flac", levelled(mix), SAMPLE_RATE)
        with (folder / f"{stem}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["onset_s", "offset_s", "pitch", "velocity"])
            for n in sorted((n for p in parts for n in p.notes), key=lambda n: (n.onset_s, n.pitch)):
                rows.writerow([f"{n.onset_s:.4f}", f"{n.offset_s:.4f}", n.pitch, n.velocity])
    (folder / "done").touch()


_STATE: dict = {}


def _start(fonts: list[Path], songs: list[Path], out: Path) -> None:
    _STATE.update(fonts=[open_font(f) for f in fonts], songs=[load_songs(f) for f in songs], out=out)


def _one(number: int) -> int:
    write_clip(number, _STATE["out"], _STATE["fonts"], _STATE["songs"])
    return number


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--font", type=Path, action="append", default=[])
    parser.add_argument("--songs", type=Path, action="append", default=[])
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    with Pool(args.jobs, _start, (args.font, args.songs, args.out)) as pool:
        for number in pool.imap(_one, range(args.first, args.first + args.clips)):
            if number % 25 == 0:
                print(number, flush=True)


if __name__ == "__main__":
    main()
