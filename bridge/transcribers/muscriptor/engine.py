"""MuScriptor as an engine.

A sound in, one part for each instrument out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.audio.spectra import Array
from bridge.errors import ConfigError
from bridge.music.notes import MIX, Note
from bridge.music.parts import Part, Transcription
from bridge.plugins.interfaces import AudioSource, Context, Progress, only
from bridge.plugins.terms import Terms
from bridge.transcribers.muscriptor.instruments import DRUMS, OF_STEM, instrument_of_group
from bridge.transcribers.muscriptor.levels import RATE, drum_velocities, key_velocities
from bridge.transcribers.muscriptor.package import Heard, Package, checked_folder, how_to_get_it

READ_S = 10.0
"""Sound read at a time: a cancel is noticed after as much of it."""
MIN_NOTE_S = 0.01
"""The package's own shortest note."""
STROKE_S = 0.1
"""Length of a drum's note, unless the same key is struck again before; the package tells none."""
LOST = "MuScriptor lost the thread in {} of its pieces of 5 s; a larger model, or another engine, may hear more there."


@dataclass(frozen=True, slots=True)
class MuScriptorOptions:
    """Settings of MuScriptor."""

    non_commercial: bool = False
    """The user's word that the weights' licence, CC BY-NC 4.0, fits the use of the notes."""
    folder: str = ""
    """Folder with model.safetensors and config.json of a published model."""


class MuScriptorTranscriber:
    """Hears all instruments at once with MuScriptor (PyTorch extra; its gated weights are yours to fetch)."""

    Options = MuScriptorOptions
    cache_version = "1"
    terms = Terms(commercial=False, words="the code is MIT, the weights are CC BY-NC 4.0 (non-commercial use)")

    def __init__(self, options: MuScriptorOptions, context: Context) -> None:
        """Load the model.

        Raises:
            ConfigError: the user has not said that the licence of the weights fits.
            PluginError: the package is not installed, or the device is not there.
            ModelError: there is no model, or it cannot be loaded.
        """
        self._package = Package(_settled(options), context.device)
        self.device = self._package.device

    @classmethod
    def missing(cls, options: MuScriptorOptions) -> str:
        """Return what it lacks and how to get that.

        Without a long import; empty where nothing is missing.

        Raises:
            ConfigError, ModelError: the user's word or folder is missing.
        """
        if any(importlib.util.find_spec(name) is None for name in ("torch", "muscriptor")):
            return f"needs PyTorch and muscriptor; {how_to_get_it()}"
        _settled(options)
        return ""

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`.

        The whole sound is held at 16 kHz, 64 kB a second: notes go on from one piece of 5 s to the next.
        """
        source = only(sources)
        if source.audio.is_silent:
            progress.fraction(1.0)
            return Transcription.single(source.role, ())
        samples = _samples(source, progress)
        self._package.lost.clear()
        heard: list[Heard] = []
        shown, until = 0, 0.0
        for done, note in self._package.hear(samples, OF_STEM.get(source.role, ())):
            progress.fraction(done)
            if note is not None:
                heard.append(note)
            if done > until:
                for part in parts_of(heard[shown:], source, samples):
                    progress.notes(part.id, part.notes)
                shown, until = len(heard), done
        lost = len(self._package.lost)
        return Transcription(parts_of(heard, source, samples), (LOST.format(lost),) if lost else ())


def _settled(options: MuScriptorOptions) -> Path:
    """Return the folder of the model, once the user has given his word.

    Raises:
        ConfigError: the user has not said that the licence of the weights fits.
        ModelError: there is no model.
    """
    if not options.non_commercial:
        raise ConfigError(
            "MuScriptor's weights are under CC BY-NC 4.0: not for commercial use. If your use is not, say so with "
            "non_commercial = true under [transcribers.muscriptor] in config.toml; else choose another engine.",
            code="licence-not-accepted",
        )
    return checked_folder(options.folder)


def parts_of(heard: Sequence[Heard], source: AudioSource, samples: Array) -> tuple[Part, ...]:
    """Return a part for each instrument.

    Of a stem that says who plays in it, one in all.

    Args:
        heard: the notes.
        source: where they were heard.
        samples: its sound at :data:`bridge.transcribers.muscriptor.levels.RATE`.
    """
    if source.role not in (MIX, "other"):
        notes = notes_of(heard, source, samples, struck=source.role == DRUMS)
        return Transcription.single(source.role, notes).parts
    parts = []
    for group in sorted({note.group for note in heard}):
        mine = [note for note in heard if note.group == group]
        notes = notes_of(mine, source, samples, struck=group == DRUMS)
        parts.append(Part(f"{source.role}/{group}", source.role, instrument_of_group(group), tuple(notes)))
    return tuple(parts)


def notes_of(heard: Sequence[Heard], source: AudioSource, samples: Array, *, struck: bool) -> list[Note]:
    """Return the notes within the sound, with velocities.

    Args:
        heard: of one instrument.
        source: where they were heard.
        samples: its sound.
        struck: whether they are strokes of drums.
    """
    end_s = source.audio.length_s
    mine = sorted((n for n in heard if n.onset_s < end_s - MIN_NOTE_S), key=lambda n: (n.onset_s, n.key, n.offset_s))
    onsets, keys = [n.onset_s for n in mine], [n.key for n in mine]
    if struck:
        velocities = drum_velocities(samples, onsets, keys)
        offsets = _until_struck_again(mine)
    else:
        velocities = key_velocities(samples, onsets, keys, source.mix_rms)
        offsets = [max(n.offset_s, n.onset_s + MIN_NOTE_S) for n in mine]
    rows = zip(onsets, offsets, keys, velocities, strict=True)
    return sorted(Note(on, min(off, end_s), key, velocity) for on, off, key, velocity in rows)


def _until_struck_again(strokes: Sequence[Heard]) -> list[float]:
    """Return the offset of each stroke, which are sorted."""
    offsets, after = [], dict[int, float]()
    for stroke in reversed(strokes):
        end_s = min(stroke.onset_s + STROKE_S, after.get(stroke.key, np.inf))
        offsets.append(max(end_s, stroke.onset_s + MIN_NOTE_S))
        after[stroke.key] = stroke.onset_s
    return offsets[::-1]


def _samples(source: AudioSource, progress: Progress) -> Array:
    """(samples,) of the source, read from front to back."""
    pieces, start_s = [], 0.0
    while start_s < source.audio.length_s:
        progress.fraction(0.0)
        pieces.append(source.audio.mono(RATE, start_s, min(READ_S, source.audio.length_s - start_s)))
        start_s += READ_S
    return np.concatenate(pieces)
