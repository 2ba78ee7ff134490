"""Several voices in one stem: a choir, thirds, a double. A pitch tracker hears one of them, the note net all."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from bridge.inference.in_bytes import in_bytes
from bridge.inference.network import Network
from bridge.music.notes import Note
from bridge.note_maps.decode import CHORDS, polyphonic
from bridge.note_maps.features import Vqt
from bridge.note_maps.listen import IN_BYTES, OTHER_ROLE, pieces
from bridge.note_maps.maps import NoteActivations
from bridge.note_maps.voices import are_several
from bridge.plugins.interfaces import AudioSource, Context, Progress

SEVERAL = "More than one voice sings in {role}: all of them are written, without pitch bends."
"""The sentence for the result."""


class Choir:
    """Listens for more than one voice.

    Args:
        context: where compiled networks are kept.
    """

    def __init__(self, context: Context) -> None:
        with resources.as_file(resources.files("bridge") / "data" / "notes.onnx") as path:
            self._network = Network(Path(path), device="cpu", cache=context.cache, rewrite=in_bytes(*IN_BYTES))
        self._vqt = Vqt()

    def voices(self, source: AudioSource, progress: Progress) -> tuple[Note, ...] | None:
        """Return the notes of all voices, or None where one sings alone.

        The net is told that the stem is a band's: as a singer's, it hears 3 notes of 16 of a choir in four parts. Lines
        of one voice overlap for 0.00 to 0.01 of the time, two voices in thirds for 0.99.
        """
        maps = NoteActivations()
        for _, _, piece, done in pieces(self._network, self._vqt, source.audio, source.mix_rms, OTHER_ROLE):
            maps.add(piece)
            progress.fraction(0.5 + 0.5 * done)
        polyphony = polyphonic(maps, CHORDS)
        return tuple(n for n in polyphony if n.onset_s < source.audio.length_s) if are_several(polyphony) else None
