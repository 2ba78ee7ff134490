"""No separation, for recordings of one instrument.

The mix itself is the only stem.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.audio.recording import Array, Recording
from bridge.errors import PluginError
from bridge.inference.speed import Demand
from bridge.music.notes import STEM_ROLES
from bridge.plugins.interfaces import Context, Progress


@dataclass(frozen=True, slots=True)
class WholeMixOptions:
    """Settings of the separator.

    Raises:
        ValueError: a role there is none of.
    """

    role: str = "other"
    """Role of the recording: "drums", "bass", "vocals", "guitar", "piano" or "other"."""

    def __post_init__(self) -> None:
        if self.role not in STEM_ROLES:
            raise ValueError(f"role must be one of {', '.join(STEM_ROLES)}")


class WholeMix:
    """Separator that hands the mix on under one role."""

    Options = WholeMixOptions
    cache_version = "1"
    device = "none (no separation)"
    demand = Demand(gflop_per_s=0.0, memory_mb=10.0)

    def __init__(self, options: WholeMixOptions, context: Context) -> None:
        self.stems: tuple[str, ...] = (options.role,)

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[list[Array]]:
        """Yield the mix itself; see the Separator contract.

        Raises:
            PluginError: another stem is wanted.
        """
        if any(role not in self.stems for role in roles):
            message = f"Without separation the only stem is {self.stems[0]}; choose the role of the recording."
            raise PluginError(message, code="separator-has-no-stem")
        done = 0
        for block in mix.blocks():
            yield [block] * len(roles)
            done += block.shape[1]
            progress.fraction(done / mix.frames)
