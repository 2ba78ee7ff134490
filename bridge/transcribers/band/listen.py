"""Both nets over a recording.

Maps of onsets, frames and ends, and who plays each onset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.audio.recording import Sound, sides
from bridge.inference.in_bytes import in_bytes
from bridge.inference.network import Network
from bridge.note_maps.decode import onset_peaks
from bridge.note_maps.features import FLOOR_DB, FPS, HOP, RATE, reference_gain
from bridge.note_maps.listen import CORE, EDGE, MARGIN, OTHER_ROLE, ROLES, WINDOW
from bridge.note_maps.maps import NoteActivations
from bridge.score.instruments.evidence import Evidence
from bridge.transcribers.band.company import VIEW
from bridge.transcribers.band.crops import BEFORE, LOW, PITCHES, PLACED, crops
from bridge.transcribers.band.features import PER_STEP, StereoVqt
from bridge.transcribers.band.verdict import Hearing, Judged, told_together, with_verdict

Array = npt.NDArray[np.float32]
Features = tuple[Array, Array]
"""The spectrogram and the place map of a window."""

MAX_ACTIVATION = 12.0
"""Of the first net's layers where they are computed in bytes: one value in 10,000 exceeds 7, the largest is 12.4."""
MIN_ONSET = 0.2
"""Onset probability of a candidate that the second net is asked about; below it, one in thirty is a note."""
VERDICT = 0.5
"""Weight of the second net beside the first in an onset's log-odds."""
PLACE_STEPS = slice(BEFORE + 1, BEFORE + 12)
"""Half frames after an onset in which a note's place is read: 0.25 s, without the attack, which others smear."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The first net's view of a piece, and its candidate onsets."""

    first: int
    """Frame of the source at which the piece begins; MARGIN frames before it are here too."""
    maps: Array
    """(4, frames, 88)."""
    onsets: npt.NDArray[np.int64]
    """(n, 2) frame of the piece's window, and key."""
    crops: Array
    """(n, CHANNELS, STEPS)."""


class BandNets:
    """The two nets and the spectrogram, loaded once."""

    def __init__(self, folder: Path, cache: Path | None) -> None:
        """Load ``folder``/band.onnx and who.onnx; PluginError where they cannot be."""
        # The processor whatever the device: less than a tenth of a second per second of sound.
        self._first = Network(
            folder / "band.onnx", device="cpu", cache=cache, rewrite=in_bytes("band-bytes-1", MAX_ACTIVATION)
        )
        self._second = Network(folder / "who.onnx", device="cpu", precision="f32", cache=cache)
        self._vqt = StereoVqt()

    def listen(
        self,
        audio: Sound,
        mix_rms: float,
        role: str,
        on_piece: Callable[[float, Hearing], None] = lambda start_s, piece: None,
        report: Callable[[float], None] = lambda fraction: None,
    ) -> Hearing:
        """The whole recording.

        Args:
            audio: a mix or a stem, read from front to back.
            mix_rms: of the whole mix.
            role: of the stem; "mix" for the mix.
            on_piece: takes each piece as it is heard, with its start in seconds.
            report: progress; may raise to stop.
        """
        frames = int(audio.length_s * FPS) + 1
        pieces: list[Judged] = []
        waiting: list[Seen] = []

        def judge() -> None:
            for seen in waiting:
                piece = self.judged(seen)
                pieces.append(piece.later(seen.first / FPS))
                on_piece(seen.first / FPS, piece.hearing)
                report(min(1.0, (seen.first + CORE) / frames))
            waiting.clear()

        # A piece is judged while the first net hears the next one, which leaves a core idle now and then.
        for seen in self.look(audio, mix_rms, role, judge):
            waiting.append(seen)
        judge()
        return told_together(pieces)

    def look(
        self, audio: Sound, mix_rms: float, role: str, beside: Callable[[], None] = lambda: None
    ) -> Iterator[Seen]:
        """Yield what the first net sees, piece by piece; arguments as of :meth:`listen`.

        ``beside`` is called while the net runs, also for the first piece.
        """
        frames = int(audio.length_s * FPS) + 1
        told = np.eye(OTHER_ROLE + 1, dtype=np.float32)[None, ROLES.get(role, OTHER_ROLE)]
        gain = np.float32(reference_gain(mix_rms))
        following = self._features(_window(audio, -MARGIN, WINDOW, gain), WINDOW)
        for first in range(0, frames, CORE):
            mid, place = following
            # Read before the network starts: who waits for sound lets another stem's thread use it.
            more = first + CORE < frames
            window = _window(audio, first + CORE + MARGIN, CORE, gain) if more else None
            # Views, for the hidden layer is large; all that is kept of them is copied here.

            def prepare(window: Array | None = window, before: Features = following) -> Features:
                features = self._features(window, CORE, before)
                beside()
                return features

            (maps, hidden), following = self._first.views_beside(prepare, mid[None], told)
            stop = MARGIN + min(CORE, frames - first)
            onsets = peaks(maps[0, 0], MARGIN, stop)
            yield Seen(first, maps[0, :, :stop].copy(), onsets, crops(mid, place, maps[0], hidden[0], onsets))

    def judged(self, seen: Seen) -> Judged:
        """Return the second net's output for a piece.

        Times from its start.
        """
        who, view = Evidence.none(), np.zeros((0, VIEW), np.float32)
        if len(seen.onsets):
            real, family, embedding, view = self._second(seen.crops, (seen.onsets[:, 1] + LOW).astype(np.float32))
            where = seen.crops[:, -2 * len(PLACED) :, PLACE_STEPS]
            who = Evidence(
                onset_s=(seen.onsets[:, 0] / FPS).astype(np.float64),
                pitch=seen.onsets[:, 1] + LOW,
                real=real.reshape(-1),
                family=family,
                embedding=embedding,
                balance=np.median(where[:, 0], 1),
                width=np.median(where[:, 1], 1),
            )
        piece = NoteActivations()
        piece.add(with_verdict(seen.maps, who, VERDICT)[:, MARGIN:])
        return Judged(Hearing(piece, who.moved(-MARGIN / FPS)), view)

    def _features(self, window: Array | None, count: int, before: Features | None = None) -> Features:
        """(WINDOW, BINS) dB and (WINDOW / 2, KEYS, 2) up to the window's end; nothing of no window.

        Args:
            window: samples around the last ``count`` frames; before the start there is silence.
            count: frames that are computed.
            before: features of the window before, whose end is the beginning of this one.
        """
        if window is None:
            return np.empty((0, 0), np.float32), np.empty((0, 0, 0), np.float32)
        mid, place = self._vqt.stereo(window)
        missing = count + 2 * EDGE - len(mid)
        mid = np.pad(mid, ((missing, 0), (0, 0)), constant_values=FLOOR_DB)[EDGE : EDGE + count]
        place = np.pad(place, ((missing // PER_STEP, 0), (0, 0), (0, 0)))
        place = place[EDGE // PER_STEP : (EDGE + count) // PER_STEP]
        if before is not None:
            mid = np.concatenate([before[0][count:], mid])
            place = np.concatenate([before[1][count // PER_STEP :], place])
        return mid, place


def _window(audio: Sound, first: int, count: int, gain: np.float32) -> Array:
    """(2, samples) around ``count`` frames from ``first`` on, none before the start and silence after the end."""
    start, end = (frame * HOP / RATE for frame in (first - EDGE, first + count + EDGE))
    start = max(0.0, start)
    # One sample less: an even number of frames.
    return sides(audio, RATE, start, end - start)[:, :-1] * gain


def peaks(onset: Array, start: int, stop: int, least: float = MIN_ONSET) -> npt.NDArray[np.int64]:
    """(n, 2) frame and key of the peaks of an onset map (frames, keys) between two frames, by time."""
    onsets = [(f, k) for k in range(PITCHES) for f in onset_peaks(onset[:, k], least) if start <= f < stop]
    return np.array(sorted(onsets), np.int64).reshape(-1, 2)
