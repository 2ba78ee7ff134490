"""Plugins that receive "transcribe" commands: the spool inbox, OSC, MIDI."""
