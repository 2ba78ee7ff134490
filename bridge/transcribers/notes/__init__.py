"""dawscribe's own note model.

Sound to notes for bass, voices and everything else that has a pitch.
"""

from __future__ import annotations

from bridge.transcribers.notes.engine import NoteOptions, NoteTranscriber

__all__ = ["NoteOptions", "NoteTranscriber"]
