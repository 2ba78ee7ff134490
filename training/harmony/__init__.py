"""The chord network: songs whose chords are known, training, evaluation."""
