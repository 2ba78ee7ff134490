"""Render drum clips: a groove on the clip's plan, played by a kit, mixed on a bus.

    python -m training.drums.render OUT_DIR --bank BANK_DIR --first 0 --count 400 [--jobs 1]

writes `<number>.flac` (44.1 kHz stereo) and `<number>.npy`: rows of onset in seconds (the acoustic
attack), class index and velocity 0..1; a clap or pedal hat has two. Existing clips are kept, so a stopped run goes on.
"""

from __future__ import annotations

import argparse
import zlib
from functools import lru_cache
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.drums.bus import master, peaking
from training.drums.classes import ARTICULATION_CLASS, FALLBACK, HELD_OUT_KITS, PERCUSSION, is_validation
from training.drums.grooves import Hit, groove, limb_of
from training.drums.lineups import lineup
from training.drums.sounds import PRE, Sound, load
from training.drums.synth_kit import synthetic_kit
from training.drums.synth_percussion import MAKERS, synthetic_percussion
from training.plan import CLIP_S, SAMPLE_RATE, clip_plan

Rng = np.random.Generator
Kit = dict[str, list[Sound]]
FRAMES = round(CLIP_S * SAMPLE_RATE)
ONLY_PERCUSSION = "hydrogen/Gimme A Hand 1.0"
"""No kit: it lends its sounds to others."""
BORROWED = 0.4
"""Share of percussion sounds that come from another kit or a synthesiser: few kits have them at all."""
PERCUSSIVE = 20_000
"""From this number on a clip is a percussionist's (`training.drums.lineups`), with sounds from many sources."""
MADE_UP = 0.4
"""Share of the percussion sounds of such a clip that are synthetic."""
RETUNED = 4.0
"""Semitones, the spread by which the others are tuned: there are a dozen tambourines in all kits together."""
LEVEL_DB = {
    "kick": (0.0, 3.0),
    "snare": (0.0, 3.0),
    "hat": (-12.0, 5.0),
    "tom": (-3.0, 4.0),
    "cymbal": (-11.0, 5.5),
    "percussion": (-9.0, 4.0),
}
"""Peak levels of the limbs in a mix relative to the kick, mean and spread. Hats and cymbals vary most:
some mixes bury them under the band, on some recordings they are all one hears."""
PAN = {"kick": 0.05, "snare": 0.15, "hat": 0.6, "tom": 0.7, "cymbal": 0.8, "percussion": 0.9}
"""How far from the middle a limb may stand."""


def kit_names(bank: Path, number: int) -> list[str]:
    """The kits a clip may use: validation clips the held-out ones, the others all but those."""
    names = sorted(p.stem.replace("__", "/") for p in bank.glob("*.npz"))
    names = [n for n in names if n != ONLY_PERCUSSION]
    return [n for n in names if (n in HELD_OUT_KITS) == is_validation(number)]


@lru_cache(maxsize=64)
def _loaded(path: Path) -> Kit:
    return load(path)


def choose_kit(bank: Path, number: int, rng: Rng) -> Kit:
    """One kit, or a kit put together from several, or a synthetic one; gaps filled from others."""
    names = kit_names(bank, number)
    # Recorded kits first: presets of one soundfont share most of their sounds.
    weights = np.array(
        [0.4 if n.startswith(("sf/FluidR3", "sf/MuseScore")) else 0.25 if "OPL3" in n else 1.0 for n in names]
    )

    def any_kit() -> Kit:
        return _loaded(bank / (names[rng.choice(len(names), p=weights / weights.sum())].replace("/", "__") + ".npz"))

    draw = rng.random()
    if draw < 0.15 and not is_validation(number):
        return synthetic_kit(rng)
    base = dict(any_kit())
    for articulation in ARTICULATION_CLASS:
        mixed = draw < 0.45 and rng.random() < 0.6
        if mixed or (articulation not in base and FALLBACK.get(articulation) not in base):
            for _ in range(12):
                other = any_kit()
                if articulation in other:
                    base[articulation] = other[articulation]
                    break
    for articulation in (*PERCUSSION, "clap"):
        if rng.random() < BORROWED:
            lender = rng.choice(3)
            held = is_validation(number)
            hands = bank / (ONLY_PERCUSSION.replace("/", "__") + ".npz")
            others = synthetic_kit(rng) if lender == 0 else _loaded(hands) if lender == 1 and not held else any_kit()
            base[articulation] = others.get(articulation) or base.get(articulation, [])
    return base


def _one_instrument(sounds: list[Sound], rng: Rng) -> list[Sound]:
    """One of the instruments that share an articulation: the same one of each velocity."""
    by_velocity: dict[float, list[Sound]] = {}
    for sound in sounds:
        by_velocity.setdefault(sound.velocity, []).append(sound)
    chosen = rng.random()
    return [of[int(chosen * len(of))] for of in by_velocity.values()]


def _retuned(sound: Sound, semitones: float) -> Sound:
    wave = soxr.resample(sound.wave[PRE:], SAMPLE_RATE * 2 ** (semitones / 12), SAMPLE_RATE, quality="LQ")
    return Sound(sound.articulation, sound.velocity, np.concatenate([np.zeros(PRE, np.float32), wave]))


def percussive_kit(bank: Path, number: int, rng: Rng) -> Kit:
    """A kit whose percussion, claps and pedal hats come from all sources alike, or from none."""
    kit = choose_kit(bank, number, rng)
    names = kit_names(bank, number) + ([] if is_validation(number) else [ONLY_PERCUSSION])
    # One voice a soundfont, whose presets share their percussion.
    sources: dict[str, list[str]] = {}
    for name in names:
        sources.setdefault("/".join(name.split("/")[:2]), []).append(name)
    for articulation in MAKERS:
        if rng.random() < MADE_UP:
            kit[articulation] = synthetic_percussion(articulation, rng) or kit.get(articulation, [])
            continue
        for source in rng.permutation(list(sources)):
            lender = _loaded(bank / (str(rng.choice(sources[str(source)])).replace("/", "__") + ".npz"))
            if articulation in lender:
                tuned = rng.normal(0, RETUNED)
                kit[articulation] = [_retuned(s, tuned) for s in _one_instrument(lender[articulation], rng)]
                break
    return kit


class _Voice:
    """One articulation of a kit as it is tuned, damped and levelled in this clip."""

    def __init__(self, sounds: list[Sound], rng: Rng) -> None:
        self.sounds = sounds
        self.pitch = 2 ** (rng.normal(0, 2.0) / 12) if rng.random() < 0.6 else 1.0
        self.damp_s = rng.uniform(0.05, 0.6) if rng.random() < 0.2 else None
        self.gain = 10 ** (rng.normal(0, 2.0) / 20)
        self.cache: dict[int, np.ndarray] = {}

    def wave(self, velocity: float, rng: Rng) -> np.ndarray:
        """The recorded hit that stands for `velocity`, tuned; now and then its neighbour."""
        distance = [abs(s.velocity - velocity - 0.08) + rng.uniform(0, 0.12) for s in self.sounds]
        k = int(np.argmin(distance))
        if k not in self.cache:
            wave = self.sounds[k].wave
            if self.pitch != 1.0:
                wave = soxr.resample(wave[PRE:], SAMPLE_RATE * self.pitch, SAMPLE_RATE, quality="LQ")
                wave = np.concatenate([np.zeros(PRE, np.float32), wave])
            if self.damp_s is not None:
                wave = wave * np.exp(-np.maximum(0, np.arange(len(wave)) - PRE) / SAMPLE_RATE / self.damp_s)
            self.cache[k] = wave.astype(np.float32)
        return self.cache[k]


def _one(sounds: list[Sound], rng: Rng) -> list[Sound]:
    return [sounds[int(rng.integers(len(sounds)))]]


def _ends(hits: list[Hit], rng: Rng) -> list[float]:
    """When each hit is damped: an open hat by the next hat, in machine kits a voice by itself."""
    alone = rng.random() < 0.15
    ends = [np.inf] * len(hits)
    for k, hit in enumerate(hits):
        hat = limb_of(hit.articulation) == "hat"
        for later in hits[k + 1 : k + 40]:
            if (hat and limb_of(later.articulation) == "hat") or (alone and later.articulation == hit.articulation):
                ends[k] = later.onset_s
                break
    return ends


def play(hits: list[Hit], kit: Kit, rng: Rng) -> np.ndarray:
    """The dry kit (frames, 2)."""
    voices: dict[str, _Voice] = {}
    tracks: dict[str, np.ndarray] = {}
    range_db = rng.uniform(14, 34)
    fade = int(rng.uniform(0.01, 0.06) * SAMPLE_RATE)
    for hit, end_s in zip(hits, _ends(hits, rng), strict=True):
        sounds = kit.get(hit.articulation) or kit.get(FALLBACK.get(hit.articulation, ""))
        if not sounds:
            continue
        if hit.articulation not in voices:
            # The other percussion sounds are of many instruments: a clip has one of them.
            voices[hit.articulation] = _Voice(_one(sounds, rng) if hit.articulation == "percussion" else sounds, rng)
        voice = voices[hit.articulation]
        wave = voice.wave(hit.velocity, rng)
        start = round(hit.onset_s * SAMPLE_RATE) - PRE
        if np.isfinite(end_s):
            length = int(end_s * SAMPLE_RATE) - start
            if length + fade < len(wave):
                wave = wave[: length + fade].copy()
                wave[length:] *= np.linspace(1, 0, fade)
        limb = hit.articulation if hit.articulation in PERCUSSION else limb_of(hit.articulation)
        track = tracks.setdefault(limb, np.zeros(FRAMES, np.float32))
        skip = max(0, -start)
        stop = min(FRAMES, start + len(wave))
        gain = voice.gain * 10 ** (-(1 - hit.velocity) * range_db / 20)
        track[start + skip : stop] += wave[skip : stop - start] * gain
    out = np.zeros((FRAMES, 2))
    width = rng.choice([0.0, 0.5, 1.0])
    for name, track in tracks.items():
        limb = "percussion" if name in PERCUSSION else name
        level = 10 ** (rng.normal(*LEVEL_DB[limb]) / 20)
        angle = np.pi / 4 * (1 + width * PAN[limb] * rng.uniform(-1, 1))
        track = peaking(track, rng) if rng.random() < 0.6 else track
        out += level * track[:, None] * np.array([np.cos(angle), np.sin(angle)])
    return out


def clip(number: int, bank: Path) -> tuple[np.ndarray, np.ndarray]:
    """Audio (frames, 2) and truth (hits, 3) of clip `number`: onset s, class, velocity."""
    plan = clip_plan(number)
    rng = np.random.default_rng([plan.seed, zlib.crc32(b"drums")])
    percussive = number >= PERCUSSIVE
    hits = lineup(plan, rng) if percussive else groove(plan, rng)
    kit = percussive_kit(bank, number, rng) if percussive else choose_kit(bank, number, rng)
    hits = [h for h in hits if kit.get(h.articulation) or kit.get(FALLBACK.get(h.articulation, ""))]
    audio = master(play(hits, kit, rng), rng)
    rows = [(h.onset_s, kind, h.velocity) for h in hits for kind in ARTICULATION_CLASS[h.articulation]]
    return audio.astype(np.float32), np.array(rows, np.float32).reshape(-1, 3)


def _write(job: tuple[int, Path, Path]) -> int:
    number, out, bank = job
    target = out / f"{number:05d}.flac"
    if not target.exists():
        audio, truth = clip(number, bank)
        np.save(out / f"{number:05d}.npy", truth)
        partial = target.with_suffix(".tmp")
        soundfile.write(partial, audio, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
        partial.rename(target)
    return number


def main() -> None:
    """Render a run of clip numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    jobs = [(k, args.out, args.bank) for k in range(args.first, args.first + args.count)]
    with Pool(args.jobs) as pool:
        for number in pool.imap_unordered(_write, jobs):
            if number % 50 == 49:
                print(number, flush=True)


if __name__ == "__main__":
    main()
