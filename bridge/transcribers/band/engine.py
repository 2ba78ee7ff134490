"""The engine: a mix or a stem in, one part for each instrument out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from bridge.errors import ConfigError
from bridge.music.general_midi import Instrument
from bridge.music.notes import shifted
from bridge.music.parts import Part, Transcription
from bridge.plugins.interfaces import Context, Report, Stem
from bridge.transcribers.band.decode import THRESHOLDS, Track, at_sensitivity, notes_of, tracks_of
from bridge.transcribers.band.listen import BandNets, Hearing


@dataclass(frozen=True, slots=True)
class BandOptions:
    """Settings of the band model."""

    sensitivity: float = 0.5
    """0..1; more finds softer notes and more that are none."""


class BandTranscriber:
    """Hears all instruments at once with dawscribe's own networks (shipped in the package, see training/band)."""

    Options = BandOptions

    def __init__(self, options: BandOptions, context: Context) -> None:
        """Load the networks.

        Raises:
            ConfigError: a setting has no meaning.
            PluginError: a network cannot be loaded.
        """
        if not 0 <= options.sensitivity <= 1:
            raise ConfigError(f"The sensitivity of band is {options.sensitivity}; choose a value from 0 to 1.")
        self._thresholds = at_sensitivity(THRESHOLDS, 0.5 - options.sensitivity)
        with resources.as_file(resources.files("bridge") / "data") as folder:
            self._nets = BandNets(Path(folder), context.cache)

    def transcribe(self, stem: Stem, report: Report) -> Transcription:
        """The parts of a mix or a stem, those with the most notes first."""
        if stem.audio.is_silent:
            return Transcription()

        def tell(start_s: float, piece: Hearing) -> None:
            stem.tell(shifted(notes_of(piece, self._thresholds)[0], start_s))

        heard = self._nets.listen(stem.audio, stem.mix_rms, stem.role, tell, lambda f: report("transcribe", f))
        notes, who = notes_of(heard, self._thresholds)
        inside = [i for i, n in enumerate(notes) if n.onset_s < stem.audio.length_s]
        tracks = tracks_of([notes[i] for i in inside], who.rows(inside))
        return Transcription(parts_of(tracks, stem.role))


def parts_of(tracks: list[Track], source: str) -> tuple[Part, ...]:
    """A part for each track; ids are unique in the source and tell the family."""
    parts: list[Part] = []
    for track in tracks:
        name, same = track.family, sum(p.id.split("/")[1].startswith(track.family) for p in parts)
        part_id = f"{source}/{name}{same + 1 if same else ''}"
        instrument = Instrument(track.named.name, track.named.program, track.family)
        parts.append(Part(part_id, source, instrument, tuple(sorted(track.notes))))
    return tuple(parts)
