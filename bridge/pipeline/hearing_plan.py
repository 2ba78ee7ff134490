"""Plan which transcriber hears which source, and so what must be separated at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.errors import ConfigError
from bridge.music.notes import MIX, STEM_ROLES
from bridge.music.parts import Part
from bridge.spool.options import SEVERAL

IN_MIX = ("drums",)
"""Stems that are heard in the mix where a separator has none of them: strokes stand out of any mix, a bass line and a
voice do not."""
HEARD_IN_MIX = "The separator has no stem of the {}, so they were heard in the whole mix."


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a transcriber."""

    transcriber: str
    sources: tuple[str, ...]
    shared: bool = field(default=False, compare=False)
    """Others hear one of its sources, too."""

    @property
    def name(self) -> str:
        """Name of the call in threads and files, unique in its plan."""
        return "+".join([self.transcriber, *self.sources])


def with_own_ids(parts: Sequence[Part], transcriber: str, shared: bool) -> tuple[Part, ...]:
    """Return a call's parts with ids that no other call of its plan has.

    A part with a shared source's own id, as of an engine that hears one part, gets the transcriber's name behind it.
    """
    return tuple(
        replace(part, id=f"{part.id}/{transcriber}") if shared and part.id == part.stem else part for part in parts
    )


@dataclass(frozen=True, slots=True)
class HearingPlan:
    """The calls of transcribers that one request wants for every item."""

    transcribers: Mapping[str, tuple[str, ...]]
    """Source -> the transcribers that hear it."""
    separated: tuple[str, ...] = ()
    """Stems that must be separated, in the order of their tracks."""
    in_mix: tuple[str, ...] = ()
    """Stems that the separator lacks, so that they are heard in the mix."""
    apart: tuple[str, ...] = ()
    """All stems of the separator: what is none of them is left in "other"."""

    @property
    def names(self) -> list[str]:
        """Return every transcriber of the plan once."""
        return list(dict.fromkeys(name for names in self.transcribers.values() for name in names))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what whoever reads the result should know of the plan."""
        return tuple(HEARD_IN_MIX.format(stem) for stem in self.in_mix)

    def taken_from(self, source: str) -> tuple[str, ...]:
        """Return the stems that are no longer in a source; none for the mix."""
        return () if source == MIX else tuple(stem for stem in self.apart if stem != source)

    def calls(self, joining: Sequence[str], with_mix: Sequence[str] = ()) -> list[Call]:
        """Return the calls.

        One for each source, but one for all sources of the transcribers in ``joining``.
        """
        shared = {source for source, names in self.transcribers.items() if len(names) > 1}
        single = [
            Call(name, (source,), source in shared)
            for source, names in self.transcribers.items()
            for name in names
            if name not in joining
        ]
        joint = {name: [s for s, names in self.transcribers.items() if name in names] for name in joining}
        for name in with_mix:
            if joint[name] and MIX not in joint[name]:
                joint[name].insert(0, MIX)
        return single + [
            Call(name, tuple(sources), not shared.isdisjoint(sources)) for name, sources in joint.items() if sources
        ]


def rows_of(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return source -> transcribers of a ``[hearing]`` table.

    Raises:
        ConfigError: a row names no transcriber.
    """
    rows = {s: tuple(dict.fromkeys(name.strip() for name in text.split(SEVERAL))) for s, text in table.items()}
    for source, names in rows.items():
        if not all(names):
            raise ConfigError(
                f'The transcriber of "{source}" has no name; see [hearing.best] in the settings.',
                code="setting-transcriber-missing",
            )
    return rows


def needs_stems(rows: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether any row hears a stem."""
    return any(source != MIX for source in rows)


def lacking(rows: Mapping[str, tuple[str, ...]], stems: Sequence[str], wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return the stems that are heard in the mix, for the separator has none of them.

    Args:
        rows: source -> transcribers.
        stems: those of the separator; a single one is the mix itself, of which its role says what plays in it.
        wanted: stems that are wanted, None for all.
    """
    if len(stems) < 2:
        return ()
    return tuple(s for s in IN_MIX if s in rows and s not in stems and (wanted is None or s in wanted))


def stem_plan(
    rows: Mapping[str, tuple[str, ...]], stems: Sequence[str], wanted: Sequence[str] | None = None
) -> HearingPlan:
    """Return the plan for a separator.

    A stem without a row of its own is heard as "other".

    Args:
        rows: source -> transcribers.
        stems: those of the separator.
        wanted: stems that are wanted, None for all.
    """
    in_mix = lacking(rows, stems, wanted)
    of_mix = [*rows.get(MIX, ()), *(name for stem in in_mix for name in rows[stem])]
    transcribers = {MIX: tuple(dict.fromkeys(of_mix))} if of_mix else {}
    for stem in sorted((s for s in stems if wanted is None or s in wanted), key=_rank):
        names = rows.get(stem) or rows.get("other")
        if names:
            transcribers[stem] = names
    return HearingPlan(transcribers, tuple(s for s in transcribers if s != MIX), in_mix, tuple(stems))


def _rank(stem: str) -> int:
    return STEM_ROLES.index(stem) if stem in STEM_ROLES else len(STEM_ROLES)
