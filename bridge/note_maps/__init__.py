"""Input and output of a note network: the spectrogram, maps of keys over time, and the notes in them."""
