"""HTDemucs v4 (Rouard, Massa, Défossez 2023) on the embedded runtime: four stems without PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from bridge.audio import Recording
from bridge.errors import PluginError
from bridge.interfaces import Context, Report, Stem
from bridge.runtime import PRECISIONS, Network, Precision
from bridge.segments import OverlapAdd, centred, mono_level, plan, stretched
from bridge.separators.htdemucs.graph import REWRITE
from bridge.separators.htdemucs.stft import Spectrogram
from bridge.stems import write_stems

Array = npt.NDArray[np.float32]

SEGMENT = 343_980
"""Samples the network takes at once: 7.8 s, the length it was trained on."""
STEMS = ("drums", "bass", "other", "vocals")
"""In the network's order."""
OVERLAP = 0.25
"""demucs' own. A cross-fade of 0.04 needs a fifth fewer segments on a song (33 against 41 for 4 min). On five
recordings of the evaluation set, one run each, its F-measures lay within 0.04 of these, to either side and not in the
order of the overlap: too little to say that less costs nothing, so the usual value stays."""
SQUEEZE = 0.04
"""A sound this much longer than a segment is played so much faster to the network, 0.7 semitones higher, and its stems
slower again: one run instead of two that hear almost the same. Four bars at 120 BPM, 8 s, are the commonest loop.
HTDemucs was trained with sound shifted by up to two semitones."""
REPORT_S = 0.2
"""Between two reports while the network runs; the contract asks for two a second."""


@dataclass(frozen=True, slots=True)
class HTDemucsOptions:
    """Settings of the separator.

    Raises:
        ValueError: a value that makes no sense.
    """

    overlap: float = OVERLAP
    """Least share of a segment that is computed twice and cross-faded, 0 to 0.9."""
    precision: str = "auto"
    """"auto", "f32", "bf16" or "f16"."""
    threads: int = 0
    """Processor threads, 0 for all cores."""

    def __post_init__(self) -> None:
        if not 0 <= self.overlap <= 0.9:
            raise ValueError("overlap must lie between 0 and 0.9")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}")
        if self.threads < 0:
            raise ValueError("threads must be 0 or more")


class HTDemucs:
    """Separator of drums, bass, vocals and other."""

    Options = HTDemucsOptions
    stems = STEMS

    def __init__(self, options: HTDemucsOptions, context: Context) -> None:
        self._overlap = options.overlap
        self._network = Network(
            context.model("htdemucs"),
            device=context.device,
            precision=cast(Precision, options.precision),
            threads=options.threads,
            cache=context.cache,
            rewrite=REWRITE,
        )
        self._transform = Spectrogram(SEGMENT)
        self.device = self._network.device

    def separate(self, mix: Recording, wanted: Sequence[str], folder: Path, report: Report) -> list[Stem]:
        """Write the ``wanted`` stems to ``folder`` as ``<role>.wav``; see the Separator contract.

        Raises:
            PluginError: a stem is wanted that HTDemucs does not have.
        """
        # Closed at once when a writer fails: the network must be at rest before the next job.
        with closing(self.stream(mix, wanted, report)) as blocks:
            return write_stems(blocks, mix, wanted, folder)

    def stream(self, mix: Recording, wanted: Sequence[str], report: Report) -> Generator[Array, None, None]:
        """The ``wanted`` stems piece by piece, each (stems, 2, samples) and final, in full the length of the mix.

        While the network computes a segment, the one before is transformed back and the next one forth.

        Raises:
            PluginError: a stem is wanted that HTDemucs does not have.
        """
        unknown = [role for role in wanted if role not in STEMS]
        if unknown:
            message = f'HTDemucs has no stem "{unknown[0]}"; choose from: {", ".join(STEMS)}.'
            raise PluginError(message)
        picks = [STEMS.index(role) for role in wanted]
        mean, deviation = mono_level(mix.blocks(), lambda: report("separate", 0.0))
        # demucs gives the whole mean to every stem, so that a mix with an offset has stems that do not sum to it.
        share = mean / np.float32(len(STEMS))

        def normalised(offset: int, count: int) -> Array:
            return (mix.read(offset, count) - mean) / deviation

        if SEGMENT < mix.frames <= SEGMENT * (1 + SQUEEZE):
            squeezed = stretched(normalised(0, mix.frames), SEGMENT)
            pieces = self._pieces(lambda offset, count: squeezed, SEGMENT, picks, report)
        else:
            squeezed = None
            pieces = self._pieces(normalised, mix.frames, picks, report)
        with closing(pieces):
            for piece in pieces:
                yield (piece if squeezed is None else stretched(piece, mix.frames)) * deviation + share

    def _pieces(
        self, read: Callable[[int, int], Array], frames: int, picks: Sequence[int], report: Report
    ) -> Generator[Array, None, None]:
        """The picked stems of the normalised sound that ``read`` gives, ``frames`` long."""
        offsets = plan(frames, SEGMENT, self._overlap)
        joined = OverlapAdd(offsets, SEGMENT, frames, (len(picks), 2))
        inputs = self._inputs(read(0, SEGMENT))
        computed: tuple[Array, Array] | None = None
        for number in range(len(offsets)):
            running = inputs
            self._network.start(*running)
            try:
                if computed is not None:
                    yield joined.add(self._stems(*computed))
                report("separate", number / len(offsets))
                if number + 1 < len(offsets):
                    inputs = self._inputs(read(offsets[number + 1], SEGMENT))
                while not self._network.wait(REPORT_S):
                    report("separate", number / len(offsets))
            except BaseException:
                self._network.cancel()
                raise
            spectra, waves = self._network.outputs()
            computed = spectra[0, picks], waves[0, picks]
            report("separate", (number + 1) / len(offsets))
        if computed is not None:
            yield joined.add(self._stems(*computed))

    def _inputs(self, audio: Array) -> tuple[Array, Array]:
        """What the network takes: a segment's normalised samples and their spectrogram."""
        audio = centred(audio, SEGMENT)
        return audio[None], self._transform.forward(audio)[None]

    def _stems(self, spectra: Array, waves: Array) -> Array:
        """Sum of the network's two branches, (stems, 2, samples); written over ``waves``."""
        for wave, spectrum in zip(waves, spectra, strict=True):
            wave += self._transform.inverse(spectrum)
        return waves
