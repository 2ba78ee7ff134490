"""An engine from elsewhere in one file: the package harmonica-amt behind dawscribe's Transcriber."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from bridge.errors import ConfigError, PluginError
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.plugins.interfaces import AudioSource, Context, Progress, only

SIZES = ("nano", "small", "medium", "large", "x-large")

REFERENCE_RMS = 0.1
"""What the whole mix is scaled to: stems keep their place in it, so that leakage stays faint."""

PIECE_S, OVERLAP_S = 60.0, 2.0
"""The package takes a whole recording into memory, so it gets pieces; notes of the overlap count once."""

RATE = 22_050
"""Hz handed over; the package resamples to its own."""


@dataclass(frozen=True, slots=True)
class HarmonicaOptions:
    """Settings, in ``[transcribers.harmonica]``."""

    model: str = "medium"
    """nano, small, medium, large or x-large."""


class HarmonicaTranscriber:
    """Notes by harmonica-amt, any number of voices."""

    Options = HarmonicaOptions
    cache_version = "1"

    def __init__(self, options: HarmonicaOptions, context: Context) -> None:
        """Load the model.

        Raises:
            ConfigError: there is no model of this size.
            PluginError: the package is not installed.
        """
        if options.model not in SIZES:
            raise ConfigError(f'Harmonica has no model "{options.model}"; choose one of: {", ".join(SIZES)}.')
        try:
            from harmonica import Harmonica
        except ImportError as e:
            message = "harmonica-amt is not installed; see docs/examples/harmonica/README.md."
            raise PluginError(message) from e
        device = "cpu" if context.device == "auto" else context.device
        self._model = Harmonica(options.model, device=device)

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """Return the notes of the one source it is called with, sorted."""
        source = only(sources)
        if source.audio.is_silent:
            return Transcription.single(source.role, ())
        gain = np.float32(REFERENCE_RMS / max(source.mix_rms, 1e-6))
        notes: list[Note] = []
        start_s = 0.0
        while start_s < source.audio.length_s:
            progress.fraction(start_s / source.audio.length_s)
            lead_s = min(OVERLAP_S, start_s)
            length_s = min(PIECE_S + OVERLAP_S + lead_s, source.audio.length_s - start_s + lead_s)
            with _kernels():
                heard = self._model.transcribe(gain * source.audio.mono(RATE, start_s - lead_s, length_s), RATE)
            last_s = start_s + PIECE_S
            for onset, offset, pitch, velocity in _rows(heard):
                at = onset + start_s - lead_s
                if start_s <= at < last_s and offset > onset and 0 <= pitch <= 127:
                    notes.append(Note(at, at + offset - onset, pitch, velocity))
            start_s = last_s
        progress.fraction(1.0)
        return Transcription.single(source.role, sorted(notes))


def _kernels() -> AbstractContextManager[None]:
    """PyTorch's own kernels where oneDNN has none: the package computes in bf16, which needs AVX-512 there."""
    import torch

    flags: AbstractContextManager[None] = torch.backends.mkldnn.flags(
        enabled=torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
    return flags


def _rows(heard: object) -> list[tuple[float, float, int, int]]:
    """Onset s, offset s, pitch and velocity 1..127 of the package's answer."""
    onsets, offsets, pitches = (getattr(heard, name) for name in ("onsets", "offsets", "pitches"))
    velocities = getattr(heard, "velocities", None)
    if velocities is None:
        velocities = np.full(len(onsets), 80)
    loud = np.asarray(velocities, float)
    scale = 127.0 if len(loud) and loud.max() <= 1.0 else 1.0
    columns = zip(onsets, offsets, pitches, loud * scale, strict=True)
    return [(float(a), float(b), int(p), int(np.clip(round(v), 1, 127))) for a, b, p, v in columns]
