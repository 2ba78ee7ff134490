"""No separation, for recordings of one instrument: the mix itself is the only stem."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.audio.recording import Array, Recording
from bridge.errors import PluginError
from bridge.music.notes import STEM_ROLES
from bridge.pipeline.stem_files import write_stems
from bridge.plugins.interfaces import Context, Report, Stem


@dataclass(frozen=True, slots=True)
class WholeMixOptions:
    """Settings of the separator.

    Raises:
        ValueError: a role there is none of.
    """

    role: str = "other"
    """What the recording is: "drums", "bass", "vocals", "guitar", "piano" or "other"."""

    def __post_init__(self) -> None:
        if self.role not in STEM_ROLES:
            raise ValueError(f"role must be one of {', '.join(STEM_ROLES)}")


class WholeMix:
    """Separator that hands the mix on under one role."""

    Options = WholeMixOptions
    device = "none (no separation)"

    def __init__(self, options: WholeMixOptions, context: Context) -> None:
        self.stems: tuple[str, ...] = (options.role,)

    def separate(self, mix: Recording, wanted: Sequence[str], folder: Path, report: Report) -> list[Stem]:
        """Copy the mix to ``folder``; see the Separator contract.

        Raises:
            PluginError: another stem is wanted.
        """
        if any(role not in self.stems for role in wanted):
            message = f"Without separation the only stem is {self.stems[0]}; choose the role of the recording."
            raise PluginError(message)
        return write_stems(_copies(mix, len(wanted), report), mix, wanted, folder)


def _copies(mix: Recording, count: int, report: Report) -> Generator[list[Array], None, None]:
    done = 0
    for block in mix.blocks():
        yield [block] * count
        done += block.shape[1]
        report("separate", done / mix.frames)
