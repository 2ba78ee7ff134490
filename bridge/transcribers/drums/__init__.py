"""Our own drum transcriber.

Features, a small net, hits.
"""

from bridge.transcribers.drums.engine import DrumTranscriber

__all__ = ["DrumTranscriber"]
