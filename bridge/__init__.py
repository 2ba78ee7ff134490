"""dawscribe: an audio item in, editable MIDI tracks out, in place."""

__version__ = "0.2.0"
