"""What a note network sees and says: the spectrogram, maps of keys over time, and the notes in them."""
