"""The drum transcriber.

A stem in pieces through features, net and hit picking.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.errors import PluginError
from bridge.inference.network import Network
from bridge.inference.speed import Demand
from bridge.music.general_midi import INSTRUMENTS
from bridge.music.notes import Note, shifted
from bridge.music.parts import Candidate, Part, Transcription
from bridge.plugins.interfaces import Activations, AudioSource, Context, Progress, only
from bridge.transcribers.drums.features import BANDS, FRAMES_PER_S, MIX_RMS, RATE, WINDOWS, spectra
from bridge.transcribers.drums.kit import GROUPS, Tuning, hits, notes
from bridge.transcribers.drums.peaks import CLASSES, SHARED
from bridge.transcribers.drums.semitones import SemitoneNet, load_joining
from bridge.transcribers.drums.settings import damaged, read_settings

Array = npt.NDArray[np.float32]

DATA = Path(__file__).parents[2] / "data"
"""Where the package keeps the weights, made by `training/drums/export.py`."""
NETS = {"others": SHARED, "own": len(CLASSES)}
"""Answers that are kept of a recording, of the drum nets and of the semitone net, and how many classes they know. They
are joined when the whole recording is heard."""
PIECE = 1024
"""Frames the net sees at a time (10.2 s): long enough that the margins cost little, 1 MB of features."""
MARGIN = 80
"""Frames at either end of a piece whose answer is not used: the net looks 66 frames to each side."""
EDGE_S = WINDOWS[-1] / 2 / RATE
"""Sound that the first frame's longest window needs from before it, seconds."""
CANDIDATE_SENSITIVITY = 0.25
"""More sensitivity at which hits are heard as candidates: a third of the odds that a hit needs."""
MIN_RMS = 1e-4
"""A mix at -80 dBFS is not raised further: what is left there is converter noise."""


class DrumTranscriber:
    """Hears the strokes on a drum kit, claps, tambourines, shakers and cowbells, with velocities.

    It works on a separated drum stem, on a solo drum recording and, less well, on a full mix.
    """

    cache_version = "3"
    decoding_options = ("sensitivity",)
    demand = Demand(gflop_per_s=1.0, memory_mb=85.0)

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of the drum transcriber."""

        sensitivity: float = 0.5
        """0 writes only what is certain, 1 also what is faint, such as ghost notes; 0.5 is as tuned."""

        def __post_init__(self) -> None:
            if not 0 <= self.sensitivity <= 1:
                raise ValueError(f"the sensitivity is {self.sensitivity}; choose a number from 0 to 1")

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        load_tuning(DATA / "drums.json")  # damaged settings are said before the long separation, not after it
        # Full precision: the net is so small that bf16 saves nothing, and velocities are worth their digits.
        self._network = Network(
            DATA / "drums.onnx", device=context.device, precision="f32", cache=context.cache, threads=1
        )
        self._semitones = SemitoneNet(DATA, context.cache, context.device)

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """Return the hits as General MIDI notes.

        See :class:`bridge.plugins.interfaces.Transcriber`.
        """
        return self.decode(self.listen(sources, progress), self._options)

    def listen(self, sources: Mapping[str, AudioSource], progress: Progress) -> Activations:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        source = only(sources)
        if source.audio.is_silent:
            progress.fraction(1.0)
            return Activations({"role": source.role})
        answers = dict(zip(NETS, self.activations(source, progress), strict=True))
        packed = {name: zlib.compress(answer.astype("<f2").tobytes(), 1) for name, answer in answers.items()}
        return Activations({"role": source.role}, packed)

    @classmethod
    def decode(cls, activations: Activations, options: Options) -> Transcription:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        try:
            role = str(activations.facts["role"])
            if not activations.blobs:
                return _kit(role, (), ())
            others, own = (_unpacked(activations.blobs[name], classes) for name, classes in NETS.items())
        except (KeyError, zlib.error) as e:
            raise ValueError("these are no activations of the drum networks") from e
        answers = load_joining(DATA / "semitones.json").joined(others, own, role)
        tuning = load_tuning(DATA / "drums.json")
        heard = hits(answers[:, 0], answers[:, 1], tuning, options.sensitivity)
        fainter = hits(answers[:, 0], answers[:, 1], tuning, options.sensitivity + CANDIDATE_SENSITIVITY)
        times = {(s.drum, s.onset_s) for s in heard}
        faint = [s for s in fainter if (s.drum, s.onset_s) not in times]
        return _kit(role, notes(heard), [Candidate(n, "below_threshold") for n in notes(faint)])

    def activations(self, source: AudioSource, progress: Progress) -> tuple[Array, Array]:
        """Return the answers of the drum nets (frames, 2, shared) and of the semitone net (frames, 2, all classes)."""
        tuning, joining = load_tuning(DATA / "drums.json"), load_joining(DATA / "semitones.json")
        total = int(source.audio.length_s * FRAMES_PER_S) + 1
        gain = np.float32(MIX_RMS / max(source.mix_rms, MIN_RMS))
        others, own = (np.empty((total, 2, classes), np.float32) for classes in NETS.values())
        step = PIECE - 2 * MARGIN
        seen = heard_spectra(source, -MARGIN, 2 * MARGIN, gain)
        for start in range(0, total, step):
            stop = min(total, start + step)
            # The end of the piece before is the beginning of this one.
            seen = np.concatenate([seen[-2 * MARGIN :], heard_spectra(source, start + MARGIN, step, gain)])
            others[start:stop] = self._network(seen[None])[0][0][MARGIN : MARGIN + stop - start]
            own[start:stop] = self._semitones.answers(source, start, stop - start)
            answers = joining.joined(others[start:stop], own[start:stop], source.role)
            heard = hits(answers[:, 0], answers[:, 1], tuning, self._options.sensitivity)
            progress.notes(_part_id(source.role), shifted(notes(heard), start / FRAMES_PER_S))
            progress.fraction(stop / total)
        return others, own


def _unpacked(blob: bytes, classes: int) -> Array:
    """Return a net's answers (frames, 2, classes)."""
    return np.frombuffer(zlib.decompress(blob), "<f2").reshape(-1, 2, classes).astype(np.float32)


def heard_spectra(source: AudioSource, first: int, count: int, gain: np.float32) -> Array:
    """Return the net's input (count, windows, bands) from frame ``first`` on; silence lies around the source."""
    edge = round(EDGE_S * FRAMES_PER_S + 0.5)
    audio = source.audio.mono(RATE, (first - edge) / FRAMES_PER_S, (count - 1 + 2 * edge) / FRAMES_PER_S)
    return spectra(audio * gain)[edge : edge + count]


def _part_id(role: str) -> str:
    """Return the id of the drum part; in a source that is no drum stem it stands beside other parts."""
    return role if role == "drums" else f"{role}/drums"


def _kit(role: str, played: Sequence[Note], candidates: Sequence[Candidate]) -> Transcription:
    part = Part(_part_id(role), role, INSTRUMENTS["drums"], tuple(played), candidates=tuple(sorted(candidates)))
    return Transcription((part,))


def load_tuning(path: Path) -> Tuning:
    """The thresholds and times that belong to the weights, and those of the semitone net beside them.

    Raises:
        PluginError: a file is missing or not of this sort.
    """
    values, more = read_settings(path), read_settings(path.with_name("semitones.json"))
    try:
        thresholds = {**more["thresholds"], **values["thresholds"]}
        late_s = {**more["late_s"], **values["late_s"]}
        tuning = Tuning({g: float(thresholds[g]) for g in GROUPS}, {d: float(late_s[d]) for d in CLASSES})
    except (ValueError, KeyError, TypeError) as e:
        raise damaged(path) from e
    if values.get("bands") != BANDS:
        message = f"The drum model in {path.parent.name} belongs to another version; install dawscribe again."
        raise PluginError(message, code="drums-other-version")
    return tuning
