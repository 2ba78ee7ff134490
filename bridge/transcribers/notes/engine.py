"""The engine: one stem through spectrogram, network and decoding."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np

from bridge.inference.in_bytes import in_bytes
from bridge.inference.network import Network
from bridge.inference.speed import Demand
from bridge.music.notes import Bend, Note, shifted
from bridge.music.parts import Candidate, Transcription
from bridge.note_maps.decode import CHORDS, OFFSET_WEIGHT, Thresholds, polyphonic, polyphonic_with_candidates
from bridge.note_maps.features import FPS, Vqt
from bridge.note_maps.listen import CORE, IN_BYTES, OTHER_ROLE, ROLES, pieces
from bridge.note_maps.maps import NoteActivations
from bridge.note_maps.voices import are_several
from bridge.plugins.interfaces import Activations, AudioSource, Context, Progress, only
from bridge.transcribers.notes.path import monophonic
from bridge.transcribers.notes.tuning import Tuning, bends_of, concert_offset, tuning_map

Voices = Literal["auto", "one", "many"]


@dataclass(frozen=True, slots=True)
class RoleProfile:
    """Settings of decoding a role."""

    index: int
    """Its place in the network's role input."""
    lowest: int
    highest: int
    """MIDI pitches that the role's instruments reach."""
    one_voice: bool
    thresholds: Thresholds
    start_cost: float = 0.0
    """For one voice: see :func:`bridge.transcribers.notes.path.monophonic`."""


BASS = RoleProfile(ROLES["bass"], 23, 67, True, Thresholds(0.45, 0.45, 0.35, OFFSET_WEIGHT), 1.0)
VOCALS = RoleProfile(ROLES["vocals"], 36, 96, True, Thresholds(0.5, 0.5, 0.4, OFFSET_WEIGHT), 0.5)
OTHER = RoleProfile(OTHER_ROLE, 21, 108, False, CHORDS)
"""Thresholds lie between the best on clips of a soundfont family kept out of training (training/notes/evaluate.py
tune: onset of other 0.55 and of its repeated notes 0.45, onset of bass 0.35 and cost 1, onset of vocals 0.5) and the
best on the development set and 44 to 51 rendered songs (0.55 and 0.65, 0.5 and 1; a frame threshold of bass of 0.35
instead of 0.5 brings it from 0.851 to 0.854 and from 0.727 to 0.731). A dearer start, best on the renders, would merge
the repeated notes of real basses. A note that begins while its key still sounds needs more than a fresh one: harmonics
of other notes look like it.
B0 to G4 is a five-string bass at its last fret; C2 to C7 is every singer."""

PROFILES = {"bass": BASS, "vocals": VOCALS}
"""By role; every other role is OTHER."""


@dataclass(frozen=True, slots=True)
class NoteOptions:
    """Settings of the note model."""

    voices: Voices = "auto"
    """"one" for a single voice, "many" for chords; "auto" takes one for bass and vocals, unless they play chords."""
    bends: bool = True
    """Return whether glides and vibrato of single voices become pitch bends."""
    sensitivity: float = 0.5
    """0..1; more finds softer notes and more that are none."""

    def __post_init__(self) -> None:
        if self.voices not in ("auto", "one", "many"):
            raise ValueError(f'voices is "{self.voices}"; choose auto, one or many')
        if not 0 <= self.sensitivity <= 1:
            raise ValueError(f"the sensitivity is {self.sensitivity}; choose a value from 0 to 1")


class NoteTranscriber:
    """Hears notes with dawscribe's own network (shipped in the package, see training/README.md)."""

    Options = NoteOptions
    cache_version = "5"
    """Another number makes what is cached void: change it with the weights or with what is computed of them."""
    decoding_options = ("bends", "sensitivity")
    demand = Demand(gflop_per_s=4.6, memory_mb=140.0)

    def __init__(self, options: NoteOptions, context: Context) -> None:
        """Load the network.

        Raises:
            PluginError: the network cannot be loaded.
        """
        self._options = options
        with resources.as_file(resources.files("bridge") / "data" / "notes.onnx") as path:
            # The processor whatever the device: 0.02 s a second of sound is less than a GPU takes to begin.
            self._network = Network(Path(path), device="cpu", cache=context.cache, rewrite=in_bytes(*IN_BYTES))
        self._vqt = Vqt()

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`; bends for a single voice."""
        return self.decode(self.listen(sources, progress), self._options)

    def listen(self, sources: Mapping[str, AudioSource], progress: Progress) -> Activations:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        source = only(sources)
        facts = {"role": source.role, "length_s": source.audio.length_s, "voices": self._options.voices}
        if source.audio.is_silent:
            return Activations(facts)
        profile = PROFILES.get(source.role, OTHER)
        may_bend = self._options.voices == "one" or profile.one_voice
        maps, tuning = self.hear(source, profile, progress, with_tuning=may_bend)
        lengths, data = maps.packed()
        blobs = {"maps": data}
        if tuning is not None:
            blobs["tuning"] = zlib.compress(tuning.semitones.astype("<f2").tobytes(), 1)
        return Activations({**facts, "lengths": lengths}, blobs)

    @classmethod
    def decode(cls, activations: Activations, options: NoteOptions) -> Transcription:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        try:
            role, length_s = str(activations.facts["role"]), float(activations.facts["length_s"])
            if not activations.blobs:
                return Transcription.single(role, ())
            profile = PROFILES.get(role, OTHER)
            maps = _unpacked_maps(profile, activations)
            tuning = _unpacked_tuning(maps, activations.blobs.get("tuning"))
        except (KeyError, TypeError, zlib.error) as e:
            raise ValueError("these are no activations of the note network") from e
        notes, candidates, one_voice = decoded(maps, profile, options.voices, options.sensitivity)
        notes = [n for n in notes if n.onset_s < length_s]
        candidates = [c for c in candidates if c.note.onset_s < length_s]
        bends: list[Bend] = []
        if one_voice and options.bends and tuning is not None:
            bends = bends_of(notes, tuning, concert_offset(notes, tuning))
        return Transcription.single(role, notes, bends, candidates=candidates)

    def hear(
        self, source: AudioSource, profile: RoleProfile, progress: Progress, *, with_tuning: bool
    ) -> tuple[NoteActivations, Tuning | None]:
        """The network's maps over the whole source, and how far off its keys it sounds."""
        frames = int(source.audio.length_s * FPS) + 1
        heard = NoteActivations(profile.lowest, profile.highest)
        # Half precision is finer than a cent and takes 8 kB a second of a bass.
        tuning = np.zeros((frames, len(heard.keys)), np.float16) if with_tuning else None
        for first, features, maps, done in pieces(
            self._network, self._vqt, source.audio, source.mix_rms, profile.index
        ):
            piece = NoteActivations(profile.lowest, profile.highest)
            piece.add(maps)
            heard.extend(piece)
            if tuning is not None:
                tuning[first : first + CORE] = tuning_map(features, heard.keys)
            progress.notes(source.role, shifted(polyphonic(piece, profile.thresholds), first / FPS))
            progress.fraction(done)
        return heard, None if tuning is None else Tuning(heard.keys, tuning)


CANDIDATE_ODDS = 0.5
"""A note is a candidate down to this share of the odds that a note needs."""
SAME_S = 0.05
"""Two ways of decoding place an onset of the same note within this."""


def decode(maps: NoteActivations, profile: RoleProfile, voices: Voices, sensitivity: float) -> tuple[list[Note], bool]:
    """Notes from maps by a role's manner, and whether they are one voice; sensitivity 0.5 is as tuned."""
    notes, _, one_voice = decoded(maps, profile, voices, sensitivity)
    return notes, one_voice


def decoded(
    maps: NoteActivations, profile: RoleProfile, voices: Voices, sensitivity: float
) -> tuple[list[Note], list[Candidate], bool]:
    """Return notes, candidates, and whether the notes are one voice; sensitivity 0.5 is as tuned."""
    t = profile.thresholds
    onset, repeat = (_shifted(p, 0.5 - sensitivity) for p in (t.onset, t.repeat))
    t = replace(t, onset=onset, repeat=repeat)
    odds = CANDIDATE_ODDS * min(onset, repeat) / (1 - min(onset, repeat))
    notes, candidates = polyphonic_with_candidates(maps, t, odds / (1 + odds))
    if voices == "many" or (voices == "auto" and not profile.one_voice):
        return notes, candidates, False
    if voices == "auto" and are_several(notes):
        return notes, candidates, False
    line = monophonic(maps, t, profile.start_cost)
    return line, _beside(line, notes, candidates), True


def _beside(line: list[Note], notes: list[Note], candidates: list[Candidate]) -> list[Candidate]:
    """The candidates of one voice: what the thresholds would have taken and the line has not, and their own."""
    onsets: dict[int, list[float]] = {}
    for note in line:
        onsets.setdefault(note.pitch, []).append(note.onset_s)
    others = [*candidates, *(Candidate(note, "spurious") for note in notes)]
    return sorted(c for c in others if all(abs(c.note.onset_s - at) > SAME_S for at in onsets.get(c.note.pitch, ())))


_kept_maps: dict[int, tuple[bytes, NoteActivations]] = {}
"""The maps decoded last, by the identity of their bytes: a slider decodes the same ones over and over."""


def _unpacked_maps(profile: RoleProfile, activations: Activations) -> NoteActivations:
    """Return the maps of activations; those that are asked for a second time in turn are kept ready."""
    data = activations.blobs["maps"]
    known, maps = _kept_maps.get(id(data), (None, None))
    if known is data and maps is not None:
        maps.keep_curves()
        return maps
    maps = NoteActivations.unpacked(profile.lowest, profile.highest, activations.facts["lengths"], data)
    _kept_maps.clear()
    _kept_maps[id(data)] = data, maps
    return maps


def _unpacked_tuning(maps: NoteActivations, data: bytes | None) -> Tuning | None:
    if data is None:
        return None
    return Tuning(maps.keys, np.frombuffer(zlib.decompress(data), "<f2").reshape(-1, len(maps.keys)))


def _shifted(probability: float, by: float) -> float:
    """A threshold moved in its odds, by a factor of 4 for a ``by`` of 1."""
    odds = float(probability / (1 - probability) * 4.0**by)
    return odds / (1 + odds)
