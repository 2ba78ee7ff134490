"""Render clips of whole bands into training items: features of the mix, truth of every note.

    python -m training.band.clips OUT --font fluid=A.sf2 --font gus=B.sf2 --bank BANK --songs DIR --first 0 --clips 900
    python -m training.band.clips OUT ... --separator htdemucs.onnx

A clip depends on its number and on the sources given. OUT/<number:05d>_mix.npz holds mid (frames, 318) and place
(frames / 2, 106, 2), both 8 bit, notes (n, 9) as in COLUMNS, drums (m, 3: onset s, General MIDI key, velocity), role.
One clip in four has a second item, _stem.npz: one of the stems as a separator might leave it; half of the singers
have theirs as _voice.npz. With --separator, the stems of every clip as HTDemucs leaves them instead, _bass.npz and so
on: it takes five times as long. A font ending in .cfg is
a timidity configuration. New sounds of the banks are taken in while it runs.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.signal
import soxr

from bridge.note_maps.features import HOP, MIN_KEY, PER_SEMITONE, RATE, REFERENCE_DB
from bridge.transcribers.band.features import StereoVqt
from training.band.arrange import Band, Part, band_of
from training.band.families import FAMILIES
from training.band.players import LENGTH_S, SAMPLES, Bank, Font, Patches
from training.band.studio import LEVEL_DB, coloured, drawn_pan, levelled, mastered, placed, rms
from training.notes import synths, voice
from training.notes.compose import Line, Played
from training.notes.dataset import quantise
from training.notes.labels import DEAD_DB, SILENT_DB
from training.notes.songs import load_songs
from training.notes.synths import SynthPlayer, random_patch
from training.plan import SAMPLE_RATE, clip_plan
from training.separate import STEMS as STEM_NAMES
from training.separate import Separator

if TYPE_CHECKING:
    from training.notes.speech import Choir

Rng = np.random.Generator

COLUMNS = ("onset_s", "offset_s", "pitch", "velocity", "program", "family", "part", "source", "balance")
"""Of the notes; part is -1 for none and SUNG_PART for the singer; balance is the part's, -1 left to 1 right."""

ROLES = ("bass", "vocals", "other", "mix")
"""What the net is told about a source; the first three as the note net's."""

SUNG_PART, OWN_SYNTH, OWN_BANK, OWN_VOICE = 50, 100, 101, 102
"""Numbers in the columns part and source."""

BANKS, SYNTHS, DOUBLED, SPEECH = 0.55, 0.3, 0.25, 0.75
"""Shares: parts of a bank where it has the family; synthesiser parts by our own; guitars played left and right; sung
lines by recorded voices where there are some."""

STEMS, VOICES = 0.25, 0.5
"""Shares of the clips with a second item, a stem; and of those with a singer, with the singer's stem."""

HELD_OUT_FIRST = 9000
"""Clips from this number on are never trained on."""

COARSE = 4
"""Every fourth frame says where a note dies away."""


def use_rate() -> None:
    """Make the mono instruments of training.notes play at the features' rate, as long as a clip."""
    for module in (synths, voice):
        module.CLIP_S, module.SAMPLE_RATE, module.TOP_HZ = LENGTH_S, RATE, 10_000.0


class Studio:
    """All sources, held open."""

    def __init__(
        self,
        fonts: list[Font | Patches],
        drums: list[Font | Patches],
        bank: Bank | None,
        choir: Choir | None = None,
        separator: Separator | None = None,
    ) -> None:
        """Hold them and the spectrogram."""
        self.fonts, self.drums, self.bank, self.vqt = fonts, drums, bank, StereoVqt()
        self.choir, self.separator = choir, separator

    def sung(self, line: Line, rng: Rng) -> np.ndarray:
        """(SAMPLES,) of a sung line, by a recorded voice or a made-up one."""
        if self.choir is not None and rng.random() < SPEECH:
            return self.choir.sing(line, rng)
        return voice.sing(line, rng)

    def sound(self, part: Part, rng: Rng) -> tuple[np.ndarray, int] | None:
        """(2, SAMPLES) of a part and its source; None where no source has it."""
        notes = list(part.notes)
        if self.bank and rng.random() < BANKS:
            made = self.bank.render(notes, part.family, rng)
            if made is not None:
                return made, OWN_BANK
        if part.family == "synth" and rng.random() < SYNTHS:
            player = SynthPlayer(random_patch(part.kind, rng), rng)
            return np.stack([player.render(Line(part.kind, part.notes))] * 2), OWN_SYNTH
        for k in rng.permutation(len(self.fonts)):
            made = self.fonts[k].render(notes, part.program, rng)
            if made is not None and np.abs(made).max() > 1e-4:
                return made, int(k)
        return None

    def part(self, part: Part, rng: Rng) -> tuple[np.ndarray, int] | None:
        """A part with colour and place; a guitar is now and then played twice."""
        made = self.sound(part, rng)
        if made is None:
            return None
        x = coloured(levelled(made[0]), part.family, part.kind, rng)
        pan = drawn_pan(part.family, rng)
        if part.family == "guitar" and part.kind in ("riff", "chords") and rng.random() < DOUBLED:
            late = rng.uniform(0.002, 0.012)
            again = replace(
                part, notes=tuple(replace(n, onset_s=n.onset_s + late * rng.uniform(0.3, 1)) for n in part.notes)
            )
            twin = self.sound(again, rng)
            if twin is not None:
                y = coloured(levelled(twin[0]), part.family, part.kind, rng)
                reach = rng.uniform(0.6, 1.0)
                return placed(x, -reach, 0.2) + placed(y, reach, 0.2), made[1]
        return placed(x, pan, float(rng.uniform(0.2, 1.0))), made[1]


def heard(notes: np.ndarray, sound: np.ndarray, vqt: StereoVqt) -> np.ndarray:
    """The notes (rows as COLUMNS) with offsets moved forward to where the part's sound dies."""
    if not len(notes):
        return notes
    level = vqt(levelled(sound.mean(0), -24))[::COARSE]
    fps, out = RATE / HOP / COARSE, notes.copy()
    for row in out:
        first, last = round(row[0] * fps), min(round(row[1] * fps) + 1, len(level))
        keys = [(int(row[2]) + h - MIN_KEY) * PER_SEMITONE for h in (0, 12, 19)]
        columns = [c + s for c in keys for s in range(PER_SEMITONE) if c + s < level.shape[1]]
        curve = level[first:last, columns].max(1)
        if len(curve) < 3:
            continue
        alive = np.flatnonzero(curve > max(curve.max() - DEAD_DB, SILENT_DB))
        if len(alive):
            row[1] = min(row[1], max(row[0] + 0.05, (first + alive[-1] + 1) / fps))
    return out


def rows_of(notes: tuple[Played, ...], sound: np.ndarray, label: tuple[float, ...], vqt: StereoVqt) -> np.ndarray:
    """(n, 9) of one part; ``label`` is program, family, part and source."""
    left, right = (float((c**2).sum()) for c in sound)
    balance = (right - left) / (left + right + 1e-9)
    rows = [(n.onset_s, n.offset_s, n.pitch, n.velocity, *label, balance) for n in notes]
    return heard(np.array(rows, np.float32).reshape(-1, len(COLUMNS)), sound, vqt)


def played(band: Band, studio: Studio, rng: Rng) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Stems (2, SAMPLES) by name and the truth (n, 9) of each pitched one."""
    stems: dict[str, np.ndarray] = {}
    rows: dict[str, list[np.ndarray]] = {"bass": [], "vocals": [], "other": []}

    def add(stem: str, x: np.ndarray) -> None:
        stems[stem] = stems.get(stem, np.zeros((2, SAMPLES), np.float32)) + x

    for number, part in enumerate(band.parts):
        made = studio.part(part, rng)
        if made is None:
            continue
        x = levelled(made[0], -20 + rng.normal(*LEVEL_DB.get(part.kind, (-2, 4))))
        stem = "bass" if part.family == "bass" else "other"
        add(stem, x)
        label = (part.program, FAMILIES.index(part.family), number, made[1])
        rows[stem].append(rows_of(part.notes, x, label, studio.vqt))
    if band.sung is not None and band.sung.notes:
        x = np.stack([studio.sung(band.sung, rng)] * 2)
        x = placed(coloured(levelled(x), "voice", "voice", rng), float(rng.normal(0, 0.05)), 0.6)
        x = levelled(x, -20 + rng.normal(*LEVEL_DB["voice"]))
        add("vocals", x)
        label = (53, FAMILIES.index("voice"), SUNG_PART, OWN_VOICE)
        rows["vocals"].append(rows_of(band.sung.notes, x, label, studio.vqt))
    if band.drums and studio.drums:
        x = studio.drums[rng.integers(len(studio.drums))].render(list(band.drums), 0, rng, drums=True)
        if x is not None and np.abs(x).max() > 1e-4:
            x = placed(levelled(x), 0.0, float(rng.uniform(0.3, 1)))
            add("drums", levelled(coloured(x, "drums", "drums", rng), -20 + rng.normal(*LEVEL_DB["drums"])))
    return stems, {k: np.concatenate(v) for k, v in rows.items() if v}


def masked(stems: dict[str, np.ndarray], wanted: str, rng: Rng) -> np.ndarray:
    """One stem taken from the mix by a ratio mask: holes where others are loud, and leakage."""
    size, power = int(rng.choice([1024, 2048])), rng.uniform(1.0, 2.2)
    spectra = {k: scipy.signal.stft(x, nperseg=size, noverlap=size * 3 // 4)[2] for k, x in stems.items()}
    total = sum(np.abs(s) ** power for s in spectra.values()) + 1e-12
    share = np.abs(spectra[wanted]) ** power / total + 10 ** (rng.uniform(-40, -20) / 20)
    y = scipy.signal.istft(sum(spectra.values()) * np.minimum(share, 1), nperseg=size, noverlap=size * 3 // 4)[1]
    return np.asarray(y[:, :SAMPLES], np.float32)


def separated(mix: np.ndarray, separator: Separator) -> dict[str, np.ndarray]:
    """(2, SAMPLES) of each stem that the product's separator takes from a mix."""
    stems = separator(soxr.resample(mix.T, RATE, SAMPLE_RATE).T)
    return {s: soxr.resample(x.T, SAMPLE_RATE, RATE).T[:, :SAMPLES] for s, x in zip(STEM_NAMES, stems, strict=True)}


def write(path: Path, sound: np.ndarray, role: str, notes: np.ndarray, drums: np.ndarray, studio: Studio) -> None:
    """One item, at the reference level; the file appears whole or not at all."""
    mid, place = studio.vqt.stereo(sound)
    temporary = path.with_suffix(".tmp.npz")
    np.savez(
        temporary,
        mid=quantise(mid),
        place=np.round(place * 127).astype(np.int8),
        notes=notes[np.argsort(notes[:, 0])],
        drums=drums,
        role=ROLES.index(role),
    )
    temporary.rename(path)


def clip(number: int, out: Path, studio: Studio, songs: list[list]) -> None:
    """Render one clip, unless it is there already."""
    target = out / f"{number:05d}_mix.npz"
    if target.exists():
        return
    rng, plan = np.random.default_rng([47, number]), clip_plan(number)
    band = band_of(plan, songs, rng)
    stems, truth = played(band, studio, rng)
    if not truth:
        return
    mix = mastered(sum(stems.values()), rng)
    gain = np.float32(10 ** (REFERENCE_DB / 20) / (rms(mix.mean(0)) + 1e-9))
    drums = np.array([(n.onset_s, n.pitch, n.velocity) for n in band.drums], np.float32).reshape(-1, 3)
    everything = np.concatenate(list(truth.values()))
    raw = np.float32(10 ** (REFERENCE_DB / 20) / (rms(sum(stems.values()).mean(0)) + 1e-9))
    if studio.separator is not None:
        for stem, sound in separated(mix * gain, studio.separator).items():
            if stem in truth:
                write(out / f"{number:05d}_{stem}.npz", sound, stem, truth[stem], drums[:0], studio)
    elif rng.random() < STEMS and len(stems) > 1:
        stem = str(rng.choice([k for k in truth for _ in range(3 if k == "other" else 1)]))
        write(out / f"{number:05d}_stem.npz", masked(stems, stem, rng) * raw, stem, truth[stem], drums[:0], studio)
    if studio.separator is None and rng.random() < VOICES and "vocals" in truth and len(stems) > 1:
        sound = masked(stems, "vocals", rng) * raw
        write(out / f"{number:05d}_voice.npz", sound, "vocals", truth["vocals"], drums[:0], studio)
    write(target, mix * gain, "mix", everything, drums, studio)


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The command line's sources of sound and of songs."""
    parser.add_argument("--font", action="append", default=[], help="name=PATH; .cfg is timidity's")
    parser.add_argument("--no-drums", default="gus", help="fonts without drum kits, by name")
    parser.add_argument("--bank", type=Path, action="append", default=[], help="one-shots; several times, several")
    parser.add_argument("--voices", type=Path, help="training.notes.speech's folder")
    parser.add_argument("--songs", type=Path, action="append", default=[])


def open_sources(args: argparse.Namespace, separator: Separator | None = None) -> Studio:
    """The studio of the command line's sources."""
    named = [f.split("=", 1) for f in args.font]
    fonts: list[Font | Patches] = [(Patches if p.endswith(".cfg") else Font)(n, Path(p)) for n, p in named]
    kits = [f for f in fonts if f.name not in args.no_drums.split(",")]
    choir = None
    if args.voices:
        # WORLD is needed only here.
        from training.notes.speech import Choir

        choir = Choir(args.voices)
    return Studio(fonts, kits, Bank(*args.bank) if args.bank else None, choir, separator)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    add_sources(parser)
    parser.add_argument("--separator", type=Path, help="HTDemucs' weights: stems are really separated")
    parser.add_argument("--song-limit", type=int, help="songs of each folder that may be used; the others are kept out")
    parser.add_argument("--song-first", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--clips", type=int, default=300)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    use_rate()
    studio = open_sources(args, Separator(args.separator, args.out.parent, 1) if args.separator else None)
    songs = [load_songs(s)[args.song_first : args.song_limit] for s in args.songs]
    begun = time.process_time()
    for count, number in enumerate(range(args.first, args.first + args.clips), 1):
        clip(number, args.out, studio, songs)
        if count % 20 == 0:
            print(number, f"{(time.process_time() - begun) / count:.2f} s a clip", flush=True)
            if studio.bank:
                studio.bank.refresh()


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
