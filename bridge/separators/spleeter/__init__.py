"""Spleeter: 2, 4 or 5 stems, several times faster than HTDemucs, with weights that may be used for money."""

from bridge.separators.spleeter.separator import Spleeter, SpleeterOptions

__all__ = ["Spleeter", "SpleeterOptions"]
