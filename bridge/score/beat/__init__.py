"""Find the beat.

Tempo map and downbeats from sound and notes.
"""
