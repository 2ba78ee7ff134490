"""Basic Pitch as an engine.

Block by block, so that memory does not grow with the length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bridge.audio.spectra import Array, key_filter, power, to_db, velocity_of
from bridge.inference.speed import Demand
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.plugins.interfaces import AudioSource, Context, Progress, only
from bridge.transcribers.basic_pitch.decode import Decoding, FrameNote, decode
from bridge.transcribers.basic_pitch.posteriors import (
    FRAME,
    KEPT_FRAMES,
    KEYS,
    MIN_KEY,
    RATE,
    WINDOW,
    Posteriors,
    join,
    listen,
)

CORE_WINDOWS = 32
"""Windows whose notes are kept from one block, 53 s: 5 MB of probabilities."""
AHEAD_WINDOWS = 12
"""Windows decoded beyond them, 20 s: a note that starts in one block may sound on that long."""
BACK_WINDOWS = 1
"""Windows decoded before them, so that a note from before is not taken for a new one."""
LEVEL_SIZE = 2048
"""Samples of a level's spectrum, 93 ms: tells keys apart from about 100 Hz on."""
ONSET_LATENCY_S = 0.01
"""Seconds by which the network's onsets lie behind the notes', the median over the evaluation set."""
ATTACK_S = 0.1
"""A note's velocity is its loudest level within this time: the attack of most instruments lies in it."""


class BasicPitchTranscriber:
    """Hears the notes of any pitched source.

    Args:
        options: see Options.
        context: for the model "basic-pitch".
    """

    cache_version = "1"
    demand = Demand(gflop_per_s=0.7, memory_mb=60.0)

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings.

        The defaults fit separated stems: of 22 sets they are best on the "other" stems of the evaluation set and
        of our own clips alike (F-measure 0.63 and 0.64; the package's own settings 0.53 and 0.55).
        """

        onset_threshold: float = 0.6
        """Least probability of a note's start, 0..1; lower finds more notes."""
        frame_threshold: float = 0.3
        """Probability below which a key is silent, 0..1; lower makes notes longer."""
        shortest_s: float = 0.06
        """Notes of this length or less are dropped."""
        gap_s: float = 0.09
        """Dips shorter than this do not end a note."""
        infer_onsets: bool = False
        """Also start notes where a key swells without an attack."""
        without_onset: float = 2.0
        """Notes without any onset grow from frames of at least this probability; above 1 there are none."""
        gate_db: float = -30.0
        """Notes this far below the whole mix are leakage of other stems."""

    def __init__(self, options: Options, context: Context) -> None:
        from bridge.inference.network import Network

        self._options = options
        self._decoding = Decoding(
            onset=options.onset_threshold,
            frame=options.frame_threshold,
            shortest=_frames(options.shortest_s),
            gap=max(1, _frames(options.gap_s)),
            infer_onsets=options.infer_onsets,
            without_onset=options.without_onset,
        )
        self._network = Network(
            context.model("basic-pitch"),
            device=context.device,
            precision="f32",
            cache=context.cache,
            shape=[[1, WINDOW, 1]],
        )
        self._keys = key_filter(MIN_KEY, KEYS, LEVEL_SIZE, RATE)

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`."""
        source = only(sources)
        notes: list[Note] = []
        for first, heard, is_last in self._blocks(source, progress):
            level_db = self._levels(source, first, len(heard.notes))
            core_start = KEPT_FRAMES * (BACK_WINDOWS if first else 0)
            core_end = len(heard.notes) if is_last else core_start + KEPT_FRAMES * CORE_WINDOWS
            fresh: list[Note] = []
            for frame_note in decode(heard, self._decoding):
                if core_start <= frame_note.start < core_end:
                    fresh += self._note(frame_note, heard, level_db, first, source.audio.length_s)
            progress.notes(source.role, fresh)
            notes += fresh
        return Transcription.single(source.role, sorted(notes))

    def _blocks(self, source: AudioSource, progress: Progress) -> Iterator[tuple[int, Posteriors, bool]]:
        """(first frame, probabilities, whether it is the last) of overlapping blocks."""
        parts: list[Posteriors] = []
        first = 0
        total = source.audio.length_s * RATE / FRAME / KEPT_FRAMES
        for number, part in enumerate(listen(self._network, source.audio)):
            progress.fraction(min(1.0, number / total))
            parts.append(part)
            back = BACK_WINDOWS if first else 0
            if len(parts) == back + CORE_WINDOWS + AHEAD_WINDOWS:
                yield first * KEPT_FRAMES, join(parts), False
                drop = back + CORE_WINDOWS - BACK_WINDOWS
                del parts[:drop]
                first += drop
        yield first * KEPT_FRAMES, join(parts), True

    def _levels(self, source: AudioSource, first: int, count: int) -> Array:
        """(count, KEYS) level of each key in dB over the mix's RMS."""
        out = []
        for start in range(0, count, KEPT_FRAMES * 8):
            length = min(KEPT_FRAMES * 8, count - start)
            begin = (first + start) * FRAME - LEVEL_SIZE // 2
            samples = source.audio.mono(RATE, begin / RATE, ((length - 1) * FRAME + LEVEL_SIZE) / RATE)
            out.append(to_db(power(samples, LEVEL_SIZE, FRAME) @ self._keys, source.mix_rms))
        return np.concatenate(out)

    def _note(self, found: FrameNote, heard: Posteriors, level_db: Array, first: int, length_s: float) -> list[Note]:
        key = found.pitch - MIN_KEY
        attack = level_db[found.start : min(found.end, found.start + _frames(ATTACK_S)), key]
        level = float(attack.max())
        onset_s = max(0.0, (first + found.start) * FRAME / RATE - ONSET_LATENCY_S)
        offset_s = min(length_s, (first + found.end) * FRAME / RATE - ONSET_LATENCY_S)
        if level < self._options.gate_db or offset_s <= onset_s:
            return []
        return [Note(onset_s, offset_s, found.pitch, velocity_of(level), min(1.0, found.amplitude))]


def _frames(time_s: float) -> int:
    return round(time_s * RATE / FRAME)
