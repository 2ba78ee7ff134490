"""One voice at a time.

Pitch trackers for singers and basses, and the segmentation of their tracks into notes.
"""

from __future__ import annotations

from bridge.transcribers.melody.engine import MelodyTranscriber

__all__ = ["MelodyTranscriber"]
