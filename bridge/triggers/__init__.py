"""Plugins that receive "transcribe" commands.

The spool inbox, OSC, MIDI.
"""
