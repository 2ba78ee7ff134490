"""Sing a line with recorded speech: WORLD takes voices apart, and their syllables get a melody's pitch and time.

    python -m training.notes.speech BANK NAME=FOLDER [NAME=FOLDER ...]

writes BANK/<name>.npz with the syllables of every recording below FOLDER. Voices of training.notes.voice have vowels
and noise, no words; these have what consonants and a person's spectrum do to a note. WORLD: Morise and others, 2016.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pyworld
import soxr

from bridge.note_maps.features import RATE
from training.notes import voice
from training.notes.compose import Line

FRAME_S = 0.005
BANDS = 48
"""Numbers that keep a frame's spectrum."""
MIN_VOICED, MAX_VOICED, MAX_LEAD = 14, 90, 30
"""Frames of a syllable's voiced sound (0.07 to 0.45 s) and of the consonant before it."""
DIP_DB = 5.0
"""A voiced stretch is cut where its level dips by so much between two tops."""
MAX_SYLLABLES = 800
"""Of one speaker."""
MELISMA = 0.15
"""Share of the notes that go on with the vowel of the note before."""
DOUBLED = 0.2
"""Share of the lines that a second take doubles."""

Array = np.ndarray
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Voice:
    """The syllables of one speaker."""

    spectra: Array
    """(frames, BANDS) coded envelopes of all syllables in a row."""
    noise: Array
    """(frames, n) coded aperiodicity."""
    rows: Array
    """(syllables, 3): first frame, frames of the consonant, frames of the vowel."""
    centre: float
    """MIDI pitch that the speaker speaks at."""


def read_sound(path: Path) -> Array:
    """(samples,) float64 at the features' rate, at most 20 s."""
    kept: list[Array] = []
    with av.open(str(path), format="g722" if path.suffix == ".g722" else None) as container:
        rate = 16_000
        for frame in container.decode(audio=0):
            x = frame.to_ndarray().astype(np.float64)
            scale = 32768.0 if frame.format.name.startswith("s16") else 1.0
            channels = frame.layout.nb_channels
            x = x.mean(0) if frame.format.is_planar else x.reshape(-1, channels).mean(1)
            kept.append(x / scale)
            rate = frame.sample_rate
            if sum(map(len, kept)) > 20 * rate:
                break
    x = np.concatenate(kept) if kept else np.zeros(0)
    return soxr.resample(x, rate, RATE) if len(x) else x


def cuts(level: Array) -> list[int]:
    """Where a voiced stretch dips between two tops, its ends too."""
    found, top, low, at = [0], level[0], level[0], 0
    for i, value in enumerate(level):
        if value < low:
            low, at = value, i
        if value > low + DIP_DB and top > low + DIP_DB:
            found.append(at)
            top = low = value
        if value > top:
            top = low = value
    return [*found, len(level)]


def syllables(x: Array) -> tuple[Array, Array, Array, Array]:
    """Coded envelopes, coded noise, rows as Voice.rows and the voiced pitches in Hz of one recording."""
    f0, times = pyworld.dio(x, RATE, f0_floor=70, f0_ceil=600, frame_period=FRAME_S * 1000)
    f0 = pyworld.stonemask(x, f0, times, RATE)
    envelope = pyworld.cheaptrick(x, f0, times, RATE)
    noise = pyworld.code_aperiodicity(pyworld.d4c(x, f0, times, RATE), RATE)
    level = 10 * np.log10(envelope.mean(1) + 1e-12)
    loud = level > level.max() - 35
    coded = pyworld.code_spectral_envelope(envelope, RATE, BANDS)
    voiced, rows = (f0 > 0) & loud, []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], voiced.astype(int), [0]])))
    for a, b in edges.reshape(-1, 2):
        marks = cuts(level[a:b])
        for first, last in itertools.pairwise(marks):
            if last - first < MIN_VOICED:
                continue
            lead = 0
            if first == 0:
                while lead < MAX_LEAD and a - lead - 1 >= 0 and loud[a - lead - 1] and not voiced[a - lead - 1]:
                    lead += 1
            rows.append((a + first - lead, lead, min(last - first, MAX_VOICED)))
    return coded, noise, np.array(rows, np.int64).reshape(-1, 3), f0[voiced]


def make_voice(paths: list[Path]) -> Voice | None:
    """A speaker of recordings; None of too few syllables."""
    spectra, noise, rows, pitches, at = [], [], [], [], 0
    for path in paths:
        try:
            x = read_sound(path)
            if len(x) < RATE // 5 or np.abs(x).max() < 0.01:
                continue
            coded, apart, found, f0 = syllables(x / np.abs(x).max() * 0.8)
        except (OSError, ValueError, av.FFmpegError):
            continue
        for first, lead, count in found:
            span = slice(first, first + lead + count)
            spectra.append(coded[span].astype(np.float32))
            noise.append(apart[span].astype(np.float32))
            rows.append((at, lead, count))
            at += lead + count
        pitches.append(f0)
        if len(rows) >= MAX_SYLLABLES:
            break
    if len(rows) < 20:
        return None
    centre = float(69 + 12 * np.log2(np.median(np.concatenate(pitches)) / 440))
    return Voice(np.concatenate(spectra), np.concatenate(noise), np.array(rows), centre)


class Choir:
    """All voices of a bank."""

    def __init__(self, folder: Path) -> None:
        """Read them."""
        self.voices = []
        for path in sorted(folder.glob("*.npz")):
            with np.load(path) as z:
                self.voices.append(
                    Voice(z["spectra"].astype(np.float64), z["noise"].astype(np.float64), z["rows"], float(z["centre"]))
                )

    def sing(self, line: Line, rng: Rng) -> Array:
        """(samples,) float32 of one sung line over the whole clip, by a voice that is near its pitches."""
        samples = round(voice.CLIP_S * RATE)
        if not line.notes:
            return np.zeros(samples, np.float32)
        pitch = float(np.median([n.pitch for n in line.notes]))
        far = np.array([abs(v.centre + 7 - pitch) for v in self.voices])
        weight = np.exp(-far / 6)
        one = self.voices[rng.choice(len(self.voices), p=weight / weight.sum())]
        out = take(one, line, rng, samples)
        if rng.random() < DOUBLED:
            out = out + rng.uniform(0.3, 0.9) * np.roll(take(one, line, rng, samples), int(rng.uniform(0, 0.03) * RATE))
        return (0.1 * out / (np.sqrt((out**2).mean()) + 1e-9)).astype(np.float32)


def take(one: Voice, line: Line, rng: Rng, samples: int) -> Array:
    """(samples,) of one performance."""
    points = samples // voice.STEP + 2
    curve = voice.pitch_curve(line, points, rng)
    frames = int(samples / RATE / FRAME_S) + 1
    times = np.arange(frames) * FRAME_S
    f0 = 440 * 2 ** ((np.interp(times, np.arange(points) * voice.STEP / RATE, curve) - 69) / 12)
    f0 *= 2 ** (rng.normal(0, 0.1, frames) / 12)
    source, gain = np.full(frames, -1), np.zeros(frames)
    is_voiced = np.zeros(frames, bool)
    row, legato = int(rng.integers(len(one.rows))), rng.uniform(0, 0.06)
    for i, note in enumerate(line.notes):
        a, b = round(note.onset_s / FRAME_S), round((note.offset_s + legato) / FRAME_S)
        follows = i > 0 and note.onset_s - line.notes[i - 1].offset_s < 0.06
        if i + 1 < len(line.notes):
            b = min(b, round(line.notes[i + 1].onset_s / FRAME_S))
        b = min(b, frames)
        if b - a < 2 or a < 0:
            continue
        is_melisma = follows and rng.random() < MELISMA
        if not is_melisma:
            row = (row + 1) % len(one.rows)
        first, lead, count = (int(v) for v in one.rows[row])
        where = stretched(count, b - a, held=is_melisma)
        source[a:b] = first + lead + where
        is_voiced[a:b] = True
        gain[a:b] = loudness(b - a, note.velocity, rng, soft=is_melisma)
        if lead and not is_melisma:
            begin = max(0, a - lead)
            span = slice(begin, a)
            source[span] = first + lead - (a - begin) + np.arange(a - begin)
            is_voiced[span] = False
            gain[span] = rng.uniform(0.4, 1.2) * (note.velocity / 127) ** 1.2
    return rendered(one, source, gain, np.where(is_voiced, f0, 0.0), float(rng.uniform(0.88, 1.14)))[:samples]


def stretched(count: int, wanted: int, *, held: bool) -> Array:
    """Frames of a vowel for ``wanted`` frames: its rise as spoken, its middle held, its end as spoken."""
    middle = count // 2
    if held:
        return np.full(wanted, middle)
    if wanted <= count:
        return np.round(np.linspace(0, count - 1, wanted)).astype(int)
    rest = wanted - count
    # The middle goes to and fro over a few frames, for a frame that stands still buzzes.
    sway = middle + np.round(2 * np.sin(np.arange(rest) / 9)).astype(int)
    return np.concatenate([np.arange(middle), np.clip(sway, 0, count - 1), np.arange(middle, count)])


def loudness(count: int, velocity: int, rng: Rng, *, soft: bool) -> Array:
    """(count,) of a note: it swells a little and ends softly; a melisma hardly dips."""
    shape = 1 + rng.uniform(-0.3, 0.3) * np.linspace(0, 1, count)
    rise, fall = min(3, count), min(12, count)
    if not soft:
        shape[:rise] *= np.linspace(0.3, 1, rise)
    shape[count - fall :] *= np.linspace(1, rng.uniform(0.1, 0.9), fall)
    return shape * (velocity / 127) ** 1.2


def rendered(one: Voice, source: Array, gain: Array, f0: Array, size: float) -> Array:
    """Sound of chosen frames; ``size`` moves the formants."""
    chosen = np.maximum(source, 0)
    length = pyworld.get_cheaptrick_fft_size(RATE)
    envelope = pyworld.decode_spectral_envelope(np.ascontiguousarray(one.spectra[chosen]), RATE, length)
    noise = pyworld.decode_aperiodicity(np.ascontiguousarray(one.noise[chosen]), RATE, length)
    bins = np.arange(envelope.shape[1])
    envelope = envelope[:, np.clip(np.round(bins / size).astype(int), 0, len(bins) - 1)]
    # Each frame at one level: the singer's, not the speaker's.
    level = np.sqrt(envelope[:, 4:].mean(1)) + 1e-9
    typical = np.median(level[source >= 0]) if (source >= 0).any() else 1.0
    level = level**0.6 * typical**0.4
    scale = np.where(source >= 0, gain / level, 0.0)
    envelope = np.ascontiguousarray(envelope * scale[:, None] ** 2 + 1e-14)
    noise[f0 == 0] = 1.0
    return pyworld.synthesize(f0, envelope, noise, RATE, FRAME_S * 1000)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bank", type=Path)
    parser.add_argument("speaker", nargs="+", help="NAME=FOLDER")
    args = parser.parse_args()
    args.bank.mkdir(parents=True, exist_ok=True)
    for text in args.speaker:
        name, folder = text.split("=", 1)
        paths = [p for p in sorted(Path(folder).rglob("*")) if p.suffix in (".g722", ".ogg", ".wav")]
        made = make_voice([paths[i] for i in np.random.default_rng(0).permutation(len(paths))])
        if made is None:
            print(name, "too few syllables")
            continue
        np.savez(
            args.bank / f"{name}.npz",
            spectra=made.spectra.astype(np.float16),
            noise=made.noise.astype(np.float16),
            rows=made.rows,
            centre=made.centre,
        )
        print(name, len(made.rows), "syllables at", round(made.centre, 1), flush=True)


if __name__ == "__main__":
    main()
