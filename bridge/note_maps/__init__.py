"""Input and output of a note network.

The spectrogram, maps of keys over time, and the notes in them.
"""
