"""The engine: one stem through spectrogram, network and decoding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np

from bridge.errors import ConfigError
from bridge.inference.network import Network
from bridge.music.notes import Note, shifted
from bridge.music.parts import Transcription
from bridge.plugins.interfaces import Context, Report, Stem
from bridge.transcribers.notes.decode import Thresholds, polyphonic
from bridge.transcribers.notes.features import BINS, FLOOR_DB, FPS, HOP, RATE, Vqt, reference_gain
from bridge.transcribers.notes.maps import Array, Maps
from bridge.transcribers.notes.path import monophonic, sounds_together
from bridge.transcribers.notes.tuning import Tuning, bends_of, concert_offset, tuning_map

WINDOW, MARGIN = 880, 40
"""Frames that the network hears at once, and of these the ones at either end that only give context
(it looks 37 frames around)."""

CORE = WINDOW - 2 * MARGIN
"""Frames that one run of the network decides on: 9.3 s."""

EDGE = 16
"""Frames of sound read around a window, so that its outermost analysis windows (4096 samples) are filled."""


SURE, CHORDAL = 0.6, 0.3
"""A bass or voice stem whose sure notes (of this confidence) sound together for more than this share of the time
plays chords: double stops and harmonies are kept then, where one voice would drop them."""

Voices = Literal["auto", "one", "many"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a role is decoded."""

    index: int
    """Its place in the network's role input."""
    lowest: int
    highest: int
    """MIDI pitches that the role's instruments reach."""
    one_voice: bool
    thresholds: Thresholds
    start_cost: float = 0.0
    """For one voice: see :func:`bridge.transcribers.notes.path.monophonic`."""


OFFSET_WEIGHT = 60.0
"""Log-odds of a sure offset: as much as fifteen frames (0.17 s) of the surest frame map, which blurs ends by about so
much. Note ends get better up to some 60 to 90: on the development set F 0.565 at 30, 0.569 at 60 and 90, 0.565 at 140;
on sounds kept out of training 0.413 at 1, 0.429 at 30, 0.433 at 60, 0.435 at 140. More lets a false offset cut a note
that goes on."""

BASS = Manner(0, 23, 67, True, Thresholds(0.45, 0.45, 0.35, OFFSET_WEIGHT), 1.0)
VOCALS = Manner(1, 36, 96, True, Thresholds(0.5, 0.5, 0.4, OFFSET_WEIGHT), 0.5)
OTHER = Manner(2, 21, 108, False, Thresholds(0.55, 0.6, 0.4, OFFSET_WEIGHT))
"""Thresholds lie between the best on clips of a soundfont family kept out of training (training/notes/evaluate.py
tune: onset of other 0.55 and of its repeated notes 0.45, onset of bass 0.35 and cost 1, onset of vocals 0.5) and the
best on the development set and 44 to 51 rendered songs (0.55 and 0.65, 0.5 and 1; a frame threshold of bass of 0.35
instead of 0.5 brings it from 0.851 to 0.854 and from 0.727 to 0.731). A dearer start, best on the renders, would merge
the repeated notes of real basses. A note that begins while its key still sounds needs more than a fresh one: harmonics
of other notes look like it.
B0 to G4 is a five-string bass at its last fret; C2 to C7 is every singer."""

ROLES = {"bass": BASS, "vocals": VOCALS}
"""Manner by role; every other role is OTHER."""


@dataclass(frozen=True, slots=True)
class NoteOptions:
    """Settings of the note model."""

    voices: Voices = "auto"
    """"one" for a single voice, "many" for chords; "auto" takes one for bass and vocals, unless they play chords."""
    bends: bool = True
    """Whether glides and vibrato of single voices become pitch bends."""
    sensitivity: float = 0.5
    """0..1; more finds softer notes and more that are none."""


class NoteTranscriber:
    """Hears notes with dawscribe's own network (shipped in the package, see training/README.md)."""

    Options = NoteOptions

    def __init__(self, options: NoteOptions, context: Context) -> None:
        """Load the network.

        Raises:
            ConfigError: a setting has no meaning.
            PluginError: the network cannot be loaded.
        """
        if options.voices not in ("auto", "one", "many"):
            raise ConfigError(f'The setting voices of notes is "{options.voices}"; choose auto, one or many.')
        if not 0 <= options.sensitivity <= 1:
            raise ConfigError(f"The sensitivity of notes is {options.sensitivity}; choose a value from 0 to 1.")
        self._options = options
        with resources.as_file(resources.files("bridge") / "data" / "notes.onnx") as path:
            # The processor whatever the device: 0.02 s a second of sound is less than a GPU takes to begin.
            self._network = Network(Path(path), device="cpu", cache=context.cache)
        self._vqt = Vqt()

    def transcribe(self, stem: Stem, report: Report) -> Transcription:
        """The stem's notes, sorted; bends for a single voice."""
        if stem.audio.is_silent:
            return Transcription.single(stem.role, ())
        manner = ROLES.get(stem.role, OTHER)
        may_bend = self._options.bends and (self._options.voices == "one" or manner.one_voice)
        maps, tuning = self.listen(stem, manner, report, with_tuning=may_bend)
        notes, one_voice = decode(maps, manner, self._options.voices, self._options.sensitivity)
        notes = [n for n in notes if n.onset_s < stem.audio.length_s]
        bends = bends_of(notes, tuning, concert_offset(notes, tuning)) if one_voice and tuning is not None else []
        return Transcription.single(stem.role, notes, bends)

    def listen(self, stem: Stem, manner: Manner, report: Report, *, with_tuning: bool) -> tuple[Maps, Tuning | None]:
        """The network's maps over the whole stem, and how far off its keys it sounds."""
        frames = int(stem.audio.length_s * FPS) + 1
        heard = Maps(manner.lowest, manner.highest)
        # Half precision is finer than a cent and takes 8 kB a second of a bass.
        tuning = np.zeros((frames, len(heard.keys)), np.float16) if with_tuning else None
        role = np.zeros((1, 3), np.float32)
        role[0, manner.index] = 1.0
        following = self._features(self._window(stem, -MARGIN))
        for first in range(0, frames, CORE):
            features = following
            core = slice(MARGIN, MARGIN + min(CORE, frames - first))
            # Read before the network starts: who waits for sound lets another stem's thread use it.
            window = self._window(stem, first + CORE - MARGIN) if first + CORE < frames else None
            (maps,), following = self._network.beside(partial(self._features, window), features[None], role)
            piece = Maps(manner.lowest, manner.highest)
            piece.add(maps[0, :, core])
            heard.extend(piece)
            if tuning is not None:
                tuning[first : first + CORE] = tuning_map(features[core], heard.keys)
            stem.tell(shifted(polyphonic(piece, manner.thresholds), first / FPS))
            report("transcribe", min(1.0, (first + CORE) / frames))
        return heard, None if tuning is None else Tuning(heard.keys, tuning)

    def _window(self, stem: Stem, first: int) -> Array:
        """The samples around WINDOW frames from ``first`` on, none before the start and silence after the end."""
        start, end = (frame * HOP / RATE for frame in (first - EDGE, first + WINDOW + EDGE))
        start = max(0.0, start)
        return stem.audio.mono(RATE, start, end - start) * np.float32(reference_gain(stem.mix_rms))

    def _features(self, window: Array | None) -> Array:
        """(WINDOW, BINS) dB, silence before the start; nothing of no window."""
        if window is None:
            return np.empty((0, BINS), np.float32)
        features = self._vqt(window)
        missing = WINDOW + 2 * EDGE + 1 - len(features)
        return np.pad(features, ((missing, 0), (0, 0)), constant_values=FLOOR_DB)[EDGE : EDGE + WINDOW]


def decode(maps: Maps, manner: Manner, voices: Voices, sensitivity: float) -> tuple[list[Note], bool]:
    """Notes from maps by a role's manner, and whether they are one voice; sensitivity 0.5 is as tuned."""
    t = manner.thresholds
    onset, repeat = (_shifted(p, 0.5 - sensitivity) for p in (t.onset, t.repeat))
    t = replace(t, onset=onset, repeat=repeat)
    if voices == "many" or (voices == "auto" and not manner.one_voice):
        return polyphonic(maps, t), False
    if voices == "auto":
        notes = polyphonic(maps, t)
        if sounds_together([n for n in notes if n.confidence > SURE]) > CHORDAL:
            return notes, False
    return monophonic(maps, t, manner.start_cost), True


def _shifted(probability: float, by: float) -> float:
    """A threshold moved in its odds, by a factor of 4 for a ``by`` of 1."""
    odds = float(probability / (1 - probability) * 4.0**by)
    return odds / (1 + odds)
