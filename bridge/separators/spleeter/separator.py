"""Spleeter (Hennequin, Khlif, Voituret, Moussallam 2020; Deezer) on the embedded runtime, without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from bridge.audio.recording import Recording
from bridge.errors import PluginError
from bridge.inference.graph_rewrite import Rewrite
from bridge.inference.network import TORCH_DEVICES, Network
from bridge.inference.precision import PRECISIONS, Precision
from bridge.inference.run_each import run_each
from bridge.inference.speed import Demand
from bridge.plugins.interfaces import Context, Progress
from bridge.separators.spleeter.checkpoint import damaged, read_checkpoint
from bridge.separators.spleeter.spectra import LEAD, SPAN, STEP, Sound, Spectrum, magnitudes, masked, pieces, spectra
from bridge.separators.spleeter.unet import CHANNELS, CONFIGURATIONS, Configuration, build

Array = npt.NDArray[np.float32]

RATE = 44_100
"""Hz that the networks were trained at."""
ABOVE = ("average", "zeros")
GFLOP_PER_S = 1.1
"""Arithmetic of one stem's network for a second of sound."""
MEMORY_MB, STEM_MB = 150.0, 150.0
"""Memory of a piece, and what each stem's network adds."""
ROLES = {"accompaniment": "other"}
"""Names of Spleeter's that are called otherwise here."""


@dataclass(frozen=True, slots=True)
class SpleeterOptions:
    """Settings of the separator.

    Raises:
        ValueError: a value that makes no sense.
    """

    stems: int = 2
    """2 (vocals, other), 4 (vocals, drums, bass, other) or 5 (also piano)."""
    above_11_khz: str = "average"
    """Sound of a stem above 11 kHz, where the networks do not listen: "average" (its mean share below) or "zeros"."""
    precision: str = "auto"
    """"auto", "f32", "bf16" or "f16"."""
    threads: int = 0
    """Processor threads, 0 for all cores."""

    def __post_init__(self) -> None:
        if self.stems not in CONFIGURATIONS:
            raise ValueError("stems must be 2, 4 or 5")
        if self.above_11_khz not in ABOVE:
            raise ValueError(f"above_11_khz must be one of {', '.join(ABOVE)}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}")
        if self.threads < 0:
            raise ValueError("threads must be 0 or more")


class Spleeter:
    """Separator of 2, 4 or 5 stems."""

    Options = SpleeterOptions
    cache_version = "1"

    def __init__(self, options: SpleeterOptions, context: Context) -> None:
        """Load the network.

        Raises:
            PluginError: a device is wanted that only PyTorch has, or is not there.
        """
        if context.device in TORCH_DEVICES:
            message = f'spleeter does not compute on "{context.device}"; choose the device "auto", "cpu" or "gpu".'
            raise PluginError(message, code="device-unavailable")
        configuration = CONFIGURATIONS[options.stems]
        self._extended = options.above_11_khz == "average"
        self._network = Network(
            context.model(f"spleeter-{options.stems}stems"),
            device=context.device,
            precision=cast(Precision, options.precision),
            threads=options.threads,
            cache=context.cache,
            rewrite=Rewrite(f"spleeter{options.stems}-1", read=partial(_network, configuration=configuration)),
        )
        self.stems: tuple[str, ...] = tuple(ROLES.get(name, name) for name in configuration.instruments)
        self.device = self._network.device
        self.demand = Demand(GFLOP_PER_S * options.stems, MEMORY_MB + STEM_MB * options.stems)

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Array]:
        """Yield the stems ``roles`` piece by piece, each (stems, 2, samples) and final, in full the length of the mix.

        Raises:
            PluginError: a stem is wanted that this network does not have, or the mix has another rate.
        """
        unknown = [role for role in roles if role not in self.stems]
        if unknown:
            message = (
                f'spleeter with {len(self.stems)} stems has no stem "{unknown[0]}"; choose from: '
                f"{', '.join(self.stems)}, or set separators.spleeter.stems to 2, 4 or 5."
            )
            raise PluginError(message, code="separator-has-no-stem")
        if mix.rate != RATE:
            raise PluginError(
                f"spleeter works at {RATE} Hz, dawscribe at {mix.rate} Hz; choose another separator.",
                code="separator-rate-differs",
            )
        picks = [self.stems.index(role) for role in roles]
        sounds = [Sound() for _ in roles]
        count, at = pieces(mix.frames), -LEAD
        waiting: list[Spectrum] = []

        def heard() -> Iterator[tuple[Array]]:
            for number in range(count):
                waiting.append(spectra(_placed(mix, number * STEP - LEAD)))
                yield (magnitudes(waiting[-1]),)

        def stems(masks: Array) -> Array:
            nonlocal at
            spectrum = waiting.pop(0)
            made = np.stack(
                [s.add(masked(spectrum, m, extended=self._extended)) for s, m in zip(sounds, masks, strict=True)]
            )
            first, last, at = max(0, -at), min(STEP, mix.frames - at), at + STEP
            return made[..., first:last]

        yield from run_each(
            self._network,
            heard(),
            keep=lambda outputs: outputs[0][picks],
            finish=stems,
            on_done=lambda done: progress.fraction(done / count),
        )
        progress.fraction(1.0)


def _network(path: Path, configuration: Configuration) -> Any:
    try:
        return build(read_checkpoint(path), configuration)
    except ValueError as e:
        raise damaged(path) from e


def _placed(mix: Recording, start: int) -> Array:
    """(2, :data:`SPAN`): the mix from ``start`` on, silence before and behind it."""
    audio = np.zeros((CHANNELS, SPAN), np.float32)
    before = max(0, -start)
    found = mix.read(start + before, SPAN - before)
    audio[:, before : before + found.shape[1]] = found
    return audio
