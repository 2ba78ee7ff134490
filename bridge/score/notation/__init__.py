"""Notation: what was heard as bars of notes and rests that a person can read."""
