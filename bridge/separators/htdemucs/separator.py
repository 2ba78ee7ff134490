"""HTDemucs v4 (Rouard, Massa, Défossez 2023) on the embedded runtime: four stems without PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from bridge.audio.overlap_add import OverlapAdd, centred, mono_level, plan
from bridge.audio.recording import Recording
from bridge.errors import PluginError
from bridge.inference.network import TORCH_DEVICES, Network
from bridge.inference.precision import PRECISIONS, Precision
from bridge.inference.run_each import run_each
from bridge.inference.speed import Demand
from bridge.plugins.interfaces import Context, Progress
from bridge.separators.htdemucs.in_bytes import rewrite_for
from bridge.separators.htdemucs.stft import Spectrogram

Array = npt.NDArray[np.float32]

STEMS = ("drums", "bass", "other", "vocals")
"""In the network's order."""
OVERLAP = 0.25
"""demucs' own. A cross-fade of 0.04 needs a fifth fewer segments on a song (33 against 41 for 4 min), one of 0.1 a
seventh. On ten recordings of the evaluation set they cost more than the 0.005 that speed may cost: drums 0.804, 0.800
at 0.1 and 0.796 at 0.04; note ends 0.493, 0.488 and 0.489; the sung line 0.547, 0.529 and 0.555. The rest lay within
0.003. With later engines 0.2, a twelfth fewer, cost other parts 0.006 (0.718 to 0.712) and drums 0.003."""


@dataclass(frozen=True, slots=True)
class HTDemucsOptions:
    """Settings of the separator.

    Raises:
        ValueError: a value that makes no sense.
    """

    overlap: float = OVERLAP
    """Least share of a segment that is computed twice and cross-faded, 0 to 0.9."""
    precision: str = "auto"
    """"auto", "f32", "bf16" or "f16"; the first takes bytes for large layers where bf16 does not pay."""
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
    cache_version = "2"
    """Another number makes what is cached void: change it with the weights or with what is computed of them."""
    stems: tuple[str, ...] = STEMS
    demand = Demand(gflop_per_s=58.0, memory_mb=550.0)
    """351 GFLOP a segment, of which an overlap of a quarter leaves 6.1 s. The memory is what it adds to the largest
    of an item with all engines."""

    def __init__(self, options: HTDemucsOptions, context: Context) -> None:
        """Load the network.

        Raises:
            PluginError: a device is wanted that only PyTorch has, or is not there.
        """
        if context.device in TORCH_DEVICES:
            message = (
                f'htdemucs does not compute on "{context.device}"; choose the separator "demucs", which does, '
                'or the device "auto" or "gpu".'
            )
            raise PluginError(message, code="device-unavailable")
        self._overlap = options.overlap
        self._network = Network(
            context.model("htdemucs"),
            device=context.device,
            precision=cast(Precision, options.precision),
            threads=options.threads,
            cache=context.cache,
            rewrite=rewrite_for(options.precision, context.device),
        )
        self._segment = self._network.input_shape(0)[-1]
        self._transform = Spectrogram(self._segment)
        self.device = self._network.device

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Array]:
        """Yield the stems ``roles`` piece by piece, each (stems, 2, samples) and final, in full the length of the mix.

        While the network computes a segment, the one before is transformed back and the next one forth; while a
        piece is taken, the network rests, and the cores are the taker's.

        Raises:
            PluginError: a stem is wanted that HTDemucs does not have.
        """
        unknown = [role for role in roles if role not in STEMS]
        if unknown:
            message = f'HTDemucs has no stem "{unknown[0]}"; choose from: {", ".join(STEMS)}.'
            raise PluginError(message, code="separator-has-no-stem")
        picks = [STEMS.index(role) for role in roles]
        mean, deviation = mono_level(mix.blocks(), lambda: progress.fraction(0.0))
        # demucs gives the whole mean to every stem, so that a mix with an offset has stems that do not sum to it.
        share = mean / np.float32(len(STEMS))
        offsets = plan(mix.frames, self._segment, self._overlap)
        joined = OverlapAdd(offsets, self._segment, mix.frames, (len(picks), 2))
        yield from run_each(
            self._network,
            (self._inputs(mix, offset, mean, deviation) for offset in offsets),
            keep=lambda outputs: (outputs[0][0, picks], outputs[1][0, picks]),
            finish=lambda computed: joined.add(self._stems(*computed)) * deviation + share,
            on_done=lambda done: progress.fraction(done / len(offsets)),
        )
        progress.fraction(1.0)

    def _inputs(self, mix: Recording, offset: int, mean: np.float32, deviation: np.float32) -> tuple[Array, Array]:
        """Return the network's inputs: a segment's normalised samples and their spectrogram."""
        audio = mix.read(offset, self._segment)
        audio -= mean
        audio /= deviation
        audio = centred(audio, self._segment)
        return audio[None], self._transform.forward(audio)[None]

    def _stems(self, spectra: Array, waves: Array) -> Array:
        """Sum of the network's two branches, (stems, 2, samples); written over ``waves``."""
        for wave, spectrum in zip(waves, spectra, strict=True):
            wave += self._transform.inverse(spectrum)
        return waves
