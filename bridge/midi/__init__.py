"""MIDI events, ports and playback."""
