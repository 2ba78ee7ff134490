"""HTDemucs v4 (Rouard, Massa, Défossez 2023) on the embedded runtime: four stems without PyTorch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.audio import Recording, Writer
from bridge.errors import ConfigError
from bridge.interfaces import Context, Report, Stem
from bridge.runtime import Network, Precision
from bridge.separators.htdemucs.overlap import OverlapAdd, plan
from bridge.separators.htdemucs.stft import Spectrogram

Array = npt.NDArray[np.float32]

SEGMENT = 343_980
"""Samples the network takes at once: 7.8 s, the length it was trained on."""
STEMS = ("drums", "bass", "other", "vocals")
"""In the network's order."""


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the separator."""

    overlap: float = 0.25
    """Share of a segment that is computed twice and cross-faded, 0 to 0.9."""
    precision: Precision = "auto"
    """"auto", "f32", "bf16" or "f16"."""
    threads: int = 0
    """Processor threads, 0 for all cores."""

    def __post_init__(self) -> None:
        if not 0 <= self.overlap <= 0.9:
            raise ConfigError("The separator's overlap must lie between 0 and 0.9; change it in the settings.")


class HTDemucs:
    """Separator of drums, bass, vocals and other."""

    Options = Options
    stems = STEMS

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._network = Network(
            context.model("htdemucs"),
            device=context.device,
            precision=options.precision,
            threads=options.threads,
            cache=context.cache,
        )
        self._transform = Spectrogram(SEGMENT)
        self.device = self._network.device

    def separate(self, mix: Recording, wanted: Sequence[str], folder: Path, report: Report) -> list[Stem]:
        """Write the ``wanted`` stems to ``folder`` as ``<role>.wav``; see the Separator contract."""
        with ExitStack() as stack:
            writers = [stack.enter_context(Writer(folder / f"{role}.wav", mix.rate, 2)) for role in wanted]
            for block in self._blocks(mix, wanted, report):
                for writer, audio in zip(writers, block, strict=True):
                    writer.write(audio)
            recordings = [writer.finish() for writer in writers]
        return [Stem(role, audio, mix.rms) for role, audio in zip(wanted, recordings, strict=True)]

    def _blocks(self, mix: Recording, wanted: Sequence[str], report: Report) -> Iterator[Array]:
        """The stems in pieces, (stems, 2, samples), each final."""
        picks = [STEMS.index(role) for role in wanted]
        mean, deviation = _level(mix)
        offsets = plan(mix.frames, SEGMENT, self._options.overlap)
        joined = OverlapAdd(offsets, SEGMENT, mix.frames, (len(picks), 2))
        for number, offset in enumerate(offsets):
            report("separate", number / len(offsets))
            audio = (_padded(mix.read(offset, SEGMENT)) - mean) / deviation
            spectra, waves = self._network(audio[None], self._transform.forward(audio)[None])
            stems = np.stack([waves[0, i] + self._transform.inverse(spectra[0, i]) for i in picks])
            left = (SEGMENT - mix.frames) // 2 if mix.frames < SEGMENT else 0
            yield joined.add(stems[..., left:]) * deviation + mean
        report("separate", 1.0)


def _padded(audio: Array) -> Array:
    """A recording shorter than a segment in the middle of one, silence around it."""
    missing = SEGMENT - audio.shape[1]
    return np.pad(audio, ((0, 0), (missing // 2, missing - missing // 2))) if missing else audio


def _level(mix: Recording) -> tuple[np.float32, np.float32]:
    """Mean and standard deviation of the mono mix, as demucs normalises by them."""
    total = squares = 0.0
    for block in mix.blocks():
        mono = block.mean(0, dtype=np.float64)
        total += float(mono.sum())
        squares += float(np.vdot(mono, mono))
    mean = total / mix.frames
    variance = max(0.0, (squares - mix.frames * mean**2) / max(1, mix.frames - 1))
    # The smallest divisor is that of demucs: it keeps silence silent.
    return np.float32(mean), np.float32(math.sqrt(variance) + 1e-8)
