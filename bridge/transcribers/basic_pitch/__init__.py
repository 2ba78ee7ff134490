"""Basic Pitch (Bittner et al., Spotify, Apache-2.0).

Polyphonic notes of any pitched instrument.
"""

from __future__ import annotations

from bridge.transcribers.basic_pitch.engine import BasicPitchTranscriber

__all__ = ["BasicPitchTranscriber"]
