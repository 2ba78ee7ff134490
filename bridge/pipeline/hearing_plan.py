"""Plan which transcriber hears which source, and so what must be separated at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.errors import ConfigError
from bridge.music.notes import MIX, STEM_ROLES
from bridge.spool.options import SEVERAL


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a transcriber."""

    transcriber: str
    sources: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the call in threads and files, unique in its plan."""
        return "+".join([self.transcriber, *self.sources])


@dataclass(frozen=True, slots=True)
class HearingPlan:
    """The calls of transcribers that one request wants for every item."""

    transcribers: Mapping[str, tuple[str, ...]]
    """Source -> the transcribers that hear it."""
    separated: tuple[str, ...] = ()
    """Stems that must be separated, in the order of their tracks."""

    @property
    def names(self) -> list[str]:
        """Return every transcriber of the plan once."""
        return list(dict.fromkeys(name for names in self.transcribers.values() for name in names))

    def calls(self, joining: Sequence[str], with_mix: Sequence[str] = ()) -> list[Call]:
        """Return the calls: one for each source, but one for all sources of the transcribers in ``joining``."""
        single = [
            Call(name, (source,))
            for source, names in self.transcribers.items()
            for name in names
            if name not in joining
        ]
        joint = {name: [s for s, names in self.transcribers.items() if name in names] for name in joining}
        for name in with_mix:
            if joint[name] and MIX not in joint[name]:
                joint[name].insert(0, MIX)
        return single + [Call(name, tuple(sources)) for name, sources in joint.items() if sources]


def rows_of(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return source -> transcribers of a ``[hearing]`` table.

    Raises:
        ConfigError: a row names no transcriber.
    """
    rows = {source: tuple(name.strip() for name in text.split(SEVERAL)) for source, text in table.items()}
    for source, names in rows.items():
        if not all(names):
            raise ConfigError(f'The transcriber of "{source}" has no name; see [hearing.best] in the settings.')
    return rows


def needs_stems(rows: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether any row hears a stem."""
    return any(source != MIX for source in rows)


def stem_plan(rows: Mapping[str, tuple[str, ...]], stems: Sequence[str]) -> HearingPlan:
    """Return the plan for the stems that are wanted; one without a row of its own is heard as "other"."""
    transcribers = {MIX: rows[MIX]} if MIX in rows else {}
    for stem in sorted(stems, key=_rank):
        names = rows.get(stem) or rows.get("other")
        if names:
            transcribers[stem] = names
    return HearingPlan(transcribers, tuple(s for s in transcribers if s != MIX))


def _rank(stem: str) -> int:
    return STEM_ROLES.index(stem) if stem in STEM_ROLES else len(STEM_ROLES)
