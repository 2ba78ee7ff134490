"""dawscribe's own band model: the notes of all instruments of a mix or a stem, with the family of each."""

from __future__ import annotations

from bridge.transcribers.band.engine import BandOptions, BandTranscriber

__all__ = ["BandOptions", "BandTranscriber"]
