"""Harmony: the chords at the beats, and the key with its changes."""
