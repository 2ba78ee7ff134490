"""The engine: a mix, a stem or both in, one part for each instrument out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from bridge.inference.speed import Demand
from bridge.music.general_midi import Instrument
from bridge.music.notes import MIX, shifted
from bridge.music.parts import Candidate, Part, Transcription
from bridge.plugins.interfaces import Activations, AudioSource, Context, Progress
from bridge.transcribers.band.decode import (
    THRESHOLDS,
    Track,
    at_sensitivity,
    candidates_of,
    notes_of,
    notes_with_candidates,
    tracks_of,
)
from bridge.transcribers.band.join import joined
from bridge.transcribers.band.listen import BandNets
from bridge.transcribers.band.packing import packed, unpacked
from bridge.transcribers.band.verdict import Hearing


@dataclass(frozen=True, slots=True)
class BandOptions:
    """Settings of the band model."""

    sensitivity: float = 0.5
    """0..1; more finds softer notes and more that are none."""

    def __post_init__(self) -> None:
        if not 0 <= self.sensitivity <= 1:
            raise ValueError(f"the sensitivity is {self.sensitivity}; choose a value from 0 to 1")


class BandTranscriber:
    """Hears all instruments at once with dawscribe's own networks (shipped in the package, see training/band).

    Where it hears a stem and the mix, the stem's notes are its notes, and the mix is a second opinion on them.
    """

    Options = BandOptions
    joins_sources = True
    hears_mix = True
    """A second opinion on every stem, at the price of a few seconds."""
    cache_version = "11"
    """Another number makes what is cached void: change it with the weights or with what is computed of them."""
    decoding_options = ("sensitivity",)
    demand = Demand(gflop_per_s=4.7, memory_mb=140.0)

    def __init__(self, options: BandOptions, context: Context) -> None:
        """Load the networks; PluginError where they cannot be."""
        self._options = options
        with resources.as_file(resources.files("bridge") / "data") as folder:
            self._nets = BandNets(Path(folder), context.cache)

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """See :class:`bridge.plugins.interfaces.Transcriber`."""
        return self.decode(self.listen(sources, progress), self._options)

    def listen(self, sources: Mapping[str, AudioSource], progress: Progress) -> Activations:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        thresholds = at_sensitivity(THRESHOLDS, self._options.sensitivity)
        facts: dict[str, Any] = {}
        blobs: dict[str, bytes] = {}
        for number, (name, source) in enumerate(sources.items()):

            def tell(start_s: float, piece: Hearing, role: str = source.role) -> None:
                # Of several sources the first is shown: the mix, which is there at once.
                if not facts:
                    progress.notes(role, shifted(notes_of(piece, thresholds)[0], start_s))

            def report(fraction: float, before: int = number) -> None:
                progress.fraction((before + fraction) / len(sources))

            heard = None
            if not source.audio.is_silent:
                heard = self._nets.listen(source.audio, source.mix_rms, source.role, tell, report)
            facts[name], more = packed(heard, source.audio.length_s)
            facts[name]["whole"] = holds_bass(source)
            blobs |= {f"{name}.{key}": blob for key, blob in more.items()}
        return Activations(facts, blobs)

    @classmethod
    def decode(cls, activations: Activations, options: BandOptions) -> Transcription:
        """See :class:`bridge.plugins.interfaces.ActivationTranscriber`."""
        heard: dict[str, Hearing] = {}
        length_s = 0.0
        for name, facts in activations.facts.items():
            mine = {k.rpartition(".")[2]: b for k, b in activations.blobs.items() if k.rpartition(".")[0] == name}
            hearing, length_s = unpacked(facts, mine)
            if hearing is not None:
                heard[name] = hearing
        thresholds = at_sensitivity(THRESHOLDS, options.sensitivity)
        mix = heard.pop(MIX, None)
        if not activations.facts or set(activations.facts) == {MIX}:
            heard = {MIX: mix} if mix is not None else {}
        parts: list[Part] = []
        for name, hearing in heard.items():
            both = joined(hearing, mix) if mix is not None and name != MIX else hearing
            notes, who, faint = notes_with_candidates(both, thresholds)
            inside = np.array([i for i, n in enumerate(notes) if n.onset_s < length_s], np.int64)
            kept = [notes[i] for i in inside]
            whole = bool(activations.facts[name].get("whole", name == MIX))
            tracks = tracks_of(kept, who.rows(inside), whole=whole)
            left_out = candidates_of(faint, tracks)
            if name in (MIX, "other"):
                parts += parts_of(tracks, left_out, name)
            else:
                # A separator has said already who plays here.
                near = sorted(c for some in left_out for c in some)
                parts += Transcription.single(name, kept, candidates=near).parts
        return Transcription(tuple(parts))


def holds_bass(source: AudioSource) -> bool:
    """Return whether a bass may be in a source: in the mix, and in what is left by a separator that has none."""
    return source.role == MIX or (bool(source.without) and "bass" not in source.without)


def parts_of(tracks: list[Track], left_out: list[list[Candidate]], source: str) -> list[Part]:
    """A part for each track.

    Ids are unique in the source and tell the family.
    """
    parts: list[Part] = []
    count: dict[str, int] = {}
    for track, faint in zip(tracks, left_out, strict=True):
        count[track.family] = count.get(track.family, 0) + 1
        part_id = f"{source}/{track.family}{count[track.family] if count[track.family] > 1 else ''}"
        instrument = Instrument(track.named.name, track.named.program, track.family)
        parts.append(Part(part_id, source, instrument, tuple(sorted(track.notes)), (), tuple(sorted(faint))))
    return parts
