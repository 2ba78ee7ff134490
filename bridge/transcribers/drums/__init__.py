"""Our own drum transcriber: features, a small net, hits."""

from bridge.transcribers.drums.engine import DrumTranscriber

__all__ = ["DrumTranscriber"]
