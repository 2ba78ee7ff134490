"""The default separator.

HTDemucs v4 on the embedded runtime.
"""

from bridge.separators.htdemucs.separator import HTDemucs, HTDemucsOptions

__all__ = ["HTDemucs", "HTDemucsOptions"]
