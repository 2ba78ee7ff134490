"""The melody engine: one voice with its bends, or all voices of a choir. For singers and basses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bridge.audio.spectra import Array, velocity_of
from bridge.inference.speed import Demand
from bridge.music.notes import Bend, Note
from bridge.music.parts import Transcription
from bridge.plugins.interfaces import AudioSource, Context, Progress, only
from bridge.transcribers.melody.attacks import Attacks
from bridge.transcribers.melody.bends import bends
from bridge.transcribers.melody.choir import SEVERAL, Choir
from bridge.transcribers.melody.legato import split
from bridge.transcribers.melody.path import Costs, Path, Segment
from bridge.transcribers.melody.slips import without_slips
from bridge.transcribers.melody.swift import SwiftTracker
from bridge.transcribers.melody.track import BLOCK_FRAMES, FPS, Tracker
from bridge.transcribers.melody.yin import YinTracker

ONSET_LATENCY_S = 0.015
"""Seconds by which an attack's frame comes after its onset: half the rise's reach through the window, measured."""
ATTACK_FRAMES = 12
"""A note's velocity is its loudest level in its first 120 ms."""
GATE_WIDTH_DB = 2.0
"""The gate opens over about four times this."""

OFF_CENTRE = 0.7
"""Semitones from a note's key to the middle of its pitch beyond which the key is wrong; a song a quarter tone flat
stays below."""

BASS = Costs(frame=0.16, doubt=0.02, rest=0.05, start=9.0, attack=70.0)
"""Best of 60 sets on 14 separated basses of our own clips and 5 of the evaluation set; flat around it (2 points)."""
VOICE = Costs(frame=0.08, doubt=0.1, rest=0.5, start=6.0, attack=50.0, steady=8.0)
"""Likewise on 10 separated voices of our own and one sung song: trackers are less sure of consonants and glides."""


class MelodyTranscriber:
    """Hears a singer or a bass, one note at a time; where several voices sing, all of them.

    Args:
        options: see Options.
        context: for the model "swift-f0".
    """

    cache_version = "8"
    demand = Demand(gflop_per_s=0.5, memory_mb=60.0)

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings."""

        tracker: str = "auto"
        """"swift" for voices, "yin" for basses, "auto" by the stem's role."""
        shortest_s: float = 0.05
        """Shorter notes are dropped."""
        gate_db: float = -32.0
        """Sound this far below the whole mix is leakage of other stems."""
        pitch_bends: bool = True
        """Return whether to follow the pitch between the keys."""
        voices: str = "auto"
        """"one" for a single voice; "auto" writes all where a choir or a second voice sings, but in a bass."""

        def __post_init__(self) -> None:
            if self.tracker not in ("auto", "swift", "yin"):
                raise ValueError(f'tracker must be "auto", "swift" or "yin", not "{self.tracker}"')
            if self.voices not in ("auto", "one"):
                raise ValueError(f'voices must be "auto" or "one", not "{self.voices}"')

    def __init__(self, options: Options, context: Context) -> None:
        self._options, self._context = options, context
        self._trackers: dict[str, Tracker] = {}
        self._choir: Choir | None = None

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`."""
        source = only(sources)
        may_be_several = self._options.voices == "auto" and source.role != "bass" and not source.audio.is_silent
        one = self._one_voice(source, progress, share=0.5 if may_be_several else 1.0)
        several = self._several(source, progress) if may_be_several and any(p.notes for p in one.parts) else None
        if several is None:
            return one
        return Transcription.single(source.role, several, warnings=(SEVERAL.format(role=source.role),))

    def _several(self, source: AudioSource, progress: Progress) -> tuple[Note, ...] | None:
        if self._choir is None:
            self._choir = Choir(self._context)
        return self._choir.voices(source, progress)

    def _one_voice(self, source: AudioSource, progress: Progress, share: float) -> Transcription:
        name = self._options.tracker
        if name == "auto":
            name = "yin" if source.role == "bass" else "swift"
        tracker = self._tracker(name)
        attacks = Attacks(source.audio, source.mix_rms)
        total = math.ceil(source.audio.length_s * FPS)
        costs = BASS if name == "yin" else VOICE
        path = Path(tracker.count, costs)
        evidence: list[npt.NDArray[np.float16]] = []  # 11 kB a second
        strengths: list[Array] = []
        pitches: list[Array] = []
        levels: list[Array] = []
        for first in range(0, total, BLOCK_FRAMES):
            progress.fraction(share * first / total)
            track = tracker.track(source.audio, first)
            strength, level_db = attacks.read(first)
            gate = 1 / (1 + np.exp((self._options.gate_db - level_db) / GATE_WIDTH_DB))
            keys = track.keys * gate[:, None]
            path.feed(keys, strength)
            if costs.steady:
                evidence.append(keys.astype(np.float16))
                strengths.append(strength)
            pitches.append(track.pitch)
            levels.append(level_db)
        pitch, level_db = np.concatenate(pitches), np.concatenate(levels)
        segments = path.segments()
        if costs.steady:
            keys, strength = np.concatenate(evidence), np.concatenate(strengths)
            segments = [p for s in segments for p in split(s, keys, strength, pitch, tracker.lowest, costs)]
        segments = [
            _centred(s, tracker.lowest, pitch) for s in segments if s.end - s.start >= self._options.shortest_s * FPS
        ]
        if source.role == "vocals":
            segments = without_slips(segments, tracker.lowest, pitch)
        notes = [_note(s, tracker.lowest, level_db, pitch) for s in segments]
        # An onset is taken earlier than it is seen, an offset is not: a note ends where the next one begins.
        notes = [replace(n, offset_s=min(n.offset_s, after.onset_s)) for n, after in pairwise(notes)] + notes[-1:]
        curve = bends(segments, tracker.lowest, pitch) if self._options.pitch_bends else []
        return Transcription.single(
            source.role,
            tuple(n for n in notes if n.onset_s < source.audio.length_s),
            tuple(Bend(max(0.0, b.time_s - ONSET_LATENCY_S), b.semitones) for b in curve),
        )

    def _tracker(self, name: str) -> Tracker:
        if name not in self._trackers:
            self._trackers[name] = YinTracker() if name == "yin" else SwiftTracker(self._context)
        return self._trackers[name]


def _centred(segment: Segment, lowest: int, pitch: Array) -> Segment:
    """The segment on the key in the middle of its vibrato, where it was taken for the key at its turn."""
    inside = pitch[segment.start : segment.end]
    inside = inside[np.isfinite(inside)]
    middle = float(np.median(inside)) - lowest if len(inside) else float(segment.key)
    return replace(segment, key=round(middle)) if OFF_CENTRE < abs(middle - segment.key) < 1.5 else segment


def _note(segment: Segment, lowest: int, level_db: Array, pitch: Array) -> Note:
    """A note; its confidence is the share of its frames whose pitch is its key's."""
    inside = slice(segment.start, segment.end)
    level = float(level_db[inside][:ATTACK_FRAMES].max())
    key = segment.key + lowest
    near = np.abs(pitch[inside] - key) <= 1
    onset_s = max(0.0, segment.start / FPS - ONSET_LATENCY_S)
    return Note(onset_s, segment.end / FPS, key, velocity_of(level), float(near.mean()))
