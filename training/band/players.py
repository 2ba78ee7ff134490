"""Sound sources of the band's clips: soundfonts, timidity patches, banks of one-shots; stereo at the features' rate."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np
import pretty_midi
import soundfile

from bridge.note_maps.features import RATE
from training.band.families import FAMILIES, family_index
from training.notes.compose import Played

LENGTH_S = 12.0
SAMPLES = round(LENGTH_S * RATE)

KITS = (0, 0, 0, 8, 16, 24, 25, 32, 40)
"""Drum kits of General MIDI soundfonts; one that a font lacks falls back to 0."""

Rng = np.random.Generator


class Player(Protocol):
    """A source of sound."""

    name: str

    def render(self, notes: list[Played], program: int, rng: Rng, *, drums: bool = False) -> np.ndarray | None:
        """(2, SAMPLES) of the notes; None where the source lacks the program."""


class Font:
    """A soundfont held open in fluidsynth."""

    def __init__(self, name: str, path: Path, gain: float = 0.4) -> None:
        """Open ``path`` (sf2 or sf3)."""
        import fluidsynth

        self.name, self._synth = name, fluidsynth.Synth(samplerate=float(RATE), gain=gain)
        self._synth.setting("synth.reverb.active", 0)
        self._synth.setting("synth.chorus.active", 0)
        self._font = self._synth.sfload(str(path))
        if self._font < 0:
            raise FileNotFoundError(path)

    def render(self, notes: list[Played], program: int, rng: Rng, *, drums: bool = False) -> np.ndarray | None:
        """As Player.render; sustained families glide and sing now and then."""
        s, channel = self._synth, 9 if drums else 0
        s.system_reset()
        kit = int(rng.choice(KITS))
        if s.program_select(channel, self._font, 128 if drums else 0, kit if drums else program) != 0 and (
            not drums or s.program_select(channel, self._font, 128, 0) != 0
        ):
            return None
        s.cc(channel, 7, 110)
        glide = not drums and FAMILIES[family_index(program)] in SUNG and rng.random() < 0.35
        if not drums and not glide:
            s.pitch_bend(channel, int(rng.normal(0, 0.05) / 2 * 8191))
        pieces, at = [], 0
        for when, _, act in sorted(self._events(notes, channel, glide, rng), key=lambda e: e[:2]):
            count = min(round(when * RATE), SAMPLES) - at
            if count > 0:
                pieces.append(s.get_samples(count))
                at += count
            act()
        if at < SAMPLES:
            pieces.append(s.get_samples(SAMPLES - at))
        return np.concatenate(pieces).reshape(-1, 2)[:SAMPLES].T.astype(np.float32) / 32768

    def _events(self, notes: list[Played], channel: int, glide: bool, rng: Rng):
        s = self._synth
        for n in notes:
            yield n.onset_s, 2, lambda n=n: s.noteon(channel, n.pitch, n.velocity)
            yield n.offset_s, 0, lambda n=n: s.noteoff(channel, n.pitch)
            if glide and n.offset_s - n.onset_s > 0.3:
                t = np.arange(0.15, n.offset_s - n.onset_s, 0.02)
                bend = 0.3 * np.clip((t - 0.2) / 0.3, 0, 1) * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * t)
                for a, b in zip(t, bend, strict=True):
                    yield n.onset_s + float(a), 1, lambda b=b: s.pitch_bend(channel, int(b / 2 * 8191))


SUNG = ("strings", "voice", "brass", "winds", "synth")
"""Families that play with vibrato."""


class Patches:
    """A timidity configuration behind the same door."""

    def __init__(self, name: str, path: Path) -> None:
        """Remember the configuration; timidity itself starts with every line."""
        self.name, self._path = name, path

    def render(self, notes: list[Played], program: int, rng: Rng, *, drums: bool = False) -> np.ndarray | None:
        """As Player.render."""
        song, part = pretty_midi.PrettyMIDI(), pretty_midi.Instrument(program, is_drum=drums)
        part.notes = [pretty_midi.Note(n.velocity, n.pitch, n.onset_s, n.offset_s) for n in notes]
        song.instruments.append(part)
        with tempfile.TemporaryDirectory() as folder:
            midi, wave = Path(folder) / "a.mid", Path(folder) / "a.wav"
            song.write(str(midi))
            command = ["timidity", "-c", self._path, midi, "-Ow", "-s", str(RATE), "--preserve-silence",
                       "-EFreverb=0", "-EFchorus=0", "-o", wave]  # fmt: skip
            subprocess.run([str(c) for c in command], check=True, capture_output=True)
            x = soundfile.read(wave, dtype="float32", always_2d=True)[0].T
        x = np.pad(x, ((0, 0), (0, max(0, SAMPLES - x.shape[1]))))[:, :SAMPLES]
        return x if np.abs(x).max() > 1e-3 else None


class Bank:
    """One-shots (DIR/<family>/<source>_<instrument>.npz: pitches (k,), sounds (k, samples) int16), each at the nearest.

    Sources take turns, however many instruments each has: 420 of one synthesiser do not drown one sampled guitar.
    """

    def __init__(self, *folders: Path) -> None:
        """Look what there is."""
        self._folders = folders
        self.refresh()

    def refresh(self) -> None:
        """Take in new sounds: ``sources`` holds, by family, the files of each source."""
        self.sources: dict[str, list[list[Path]]] = {}
        for family in FAMILIES:
            groups: dict[str, list[Path]] = {}
            for path in sorted(p for folder in self._folders for p in (folder / family).glob("*.npz")):
                groups.setdefault(path.stem.split("_")[0], []).append(path)
            self.sources[family] = [groups[name] for name in sorted(groups)]

    def render(self, notes: list[Played], family: str, rng: Rng) -> np.ndarray | None:
        """(2, SAMPLES) of the notes by a random instrument of the family; None where there is none."""
        if not self.sources[family]:
            return None
        files = self.sources[family][rng.integers(len(self.sources[family]))]
        kept = np.load(files[rng.integers(len(files))])
        pitches, sounds, out = kept["pitches"], kept["sounds"], np.zeros(SAMPLES + RATE, np.float32)
        release, detune = rng.uniform(0.02, 0.25), rng.normal(0, 0.05)
        for n in notes:
            k = int(np.abs(pitches - n.pitch).argmin())
            ratio, a = 2 ** ((n.pitch + detune - pitches[k]) / 12), round(n.onset_s * RATE)
            count = int(min((n.offset_s - n.onset_s + release) * RATE, (sounds.shape[1] - 2) / ratio, len(out) - a))
            x = np.interp(np.arange(count) * ratio, np.arange(sounds.shape[1]), sounds[k] / 32768)
            fade = min(count, int(release * RATE))
            x[count - fade :] *= np.linspace(1, 0, fade)
            out[a : a + count] += x * (n.velocity / 100) ** 1.5
        return np.stack([out[:SAMPLES]] * 2)
