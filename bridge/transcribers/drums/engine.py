"""The drum transcriber: a stem in pieces through features, net and stroke picking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ConfigError, PluginError
from bridge.inference.network import Network
from bridge.music.general_midi import INSTRUMENTS
from bridge.music.notes import Note, shifted
from bridge.music.parts import Part, Transcription
from bridge.plugins.interfaces import Context, Report, Stem
from bridge.transcribers.drums.features import BANDS, FRAMES_PER_S, MIX_RMS, RATE, WINDOWS, spectra
from bridge.transcribers.drums.kit import GROUPS, Tuning, notes, strokes
from bridge.transcribers.drums.peaks import CLASSES

Array = npt.NDArray[np.float32]

DATA = Path(__file__).parents[2] / "data"
"""Where the package keeps the weights, made by `training/drums/export.py`."""
PIECE = 1024
"""Frames the net sees at a time (10.2 s): long enough that the margins cost little, 1 MB of features."""
MARGIN = 80
"""Frames at either end of a piece whose answer is not used: the net looks 66 frames to each side."""
EDGE_S = WINDOWS[-1] / 2 / RATE
"""Sound that the first frame's longest window needs from before it, seconds."""
QUIETEST_RMS = 1e-4
"""A mix at -80 dBFS is not raised further: what is left there is converter noise."""


class DrumTranscriber:
    """Hears kick, snare, side stick, hats, toms, crash and ride, with velocities.

    It works on a separated drum stem, on a solo drum recording and, less well, on a full mix.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of the drum transcriber."""

        sensitivity: float = 0.5
        """0 writes only what is certain, 1 also what is faint, such as ghost notes; 0.5 is as tuned."""

    def __init__(self, options: Options, context: Context) -> None:
        if not 0 <= options.sensitivity <= 1:
            message = f"The drum sensitivity is {options.sensitivity}; choose a number from 0 to 1."
            raise ConfigError(message)
        self._options = options
        self._tuning = load_tuning(DATA / "drums.json")
        # Full precision: the net is so small that bf16 saves nothing, and velocities are worth their digits.
        self._network = Network(
            DATA / "drums.onnx", device=context.device, precision="f32", cache=context.cache, threads=1
        )

    def transcribe(self, stem: Stem, report: Report) -> Transcription:
        """The strokes of ``stem`` as General MIDI notes."""
        if stem.audio.is_silent:
            report("drums", 1.0)
            return _kit(stem.role, ())
        onset, velocity = self.activations(stem, report)
        return _kit(stem.role, self._strokes(onset, velocity))

    def _strokes(self, onset: Array, velocity: Array) -> tuple[Note, ...]:
        return notes(strokes(onset, velocity, self._tuning, self._options.sensitivity))

    def activations(self, stem: Stem, report: Report) -> tuple[Array, Array]:
        """The net's onset and velocity answers, each (frames, classes), 100 frames a second."""
        total = int(stem.audio.length_s * FRAMES_PER_S) + 1
        gain = np.float32(MIX_RMS / max(stem.mix_rms, QUIETEST_RMS))
        answers = np.empty((total, 2, len(CLASSES)), np.float32)
        step = PIECE - 2 * MARGIN
        for start in range(0, total, step):
            stop = min(total, start + step)
            answers[start:stop] = self._piece(stem, start - MARGIN, gain)[MARGIN : MARGIN + stop - start]
            stem.tell(shifted(self._strokes(answers[start:stop, 0], answers[start:stop, 1]), start / FRAMES_PER_S))
            report("drums", stop / total)
        return answers[:, 0], answers[:, 1]

    def _piece(self, stem: Stem, first: int, gain: np.float32) -> Array:
        """The net's answer (PIECE, 2, classes) from frame ``first`` on; silence lies around the stem."""
        edge = round(EDGE_S * FRAMES_PER_S + 0.5)
        audio = stem.audio.mono(RATE, (first - edge) / FRAMES_PER_S, (PIECE - 1 + 2 * edge) / FRAMES_PER_S)
        heard = spectra(audio * gain)[edge : edge + PIECE]
        answer: Array = self._network(np.ascontiguousarray(heard[None]))[0][0]
        return answer


def _kit(source: str, notes: Sequence[Note]) -> Transcription:
    """Return the notes as a drum part; in a source that is no drum stem it stands beside other parts."""
    part_id = source if source == "drums" else f"{source}/drums"
    return Transcription((Part(part_id, source, INSTRUMENTS["drums"], tuple(notes)),))


def load_tuning(path: Path) -> Tuning:
    """The thresholds and times that belong to the weights.

    Raises:
        PluginError: the file is missing or not of this kind.
    """
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        tuning = Tuning(
            {group: float(values["thresholds"][group]) for group in GROUPS},
            {kind: float(values["late_s"][kind]) for kind in CLASSES},
        )
    except (OSError, ValueError, KeyError, TypeError) as e:
        message = f"The drum model's settings in {path.name} are damaged; install dawscribe again."
        raise PluginError(message) from e
    if values.get("bands") != BANDS:
        message = f"The drum model in {path.parent.name} belongs to another version; install dawscribe again."
        raise PluginError(message)
    return tuning
