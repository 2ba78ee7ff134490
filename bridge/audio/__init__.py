"""Audio in and out: recordings, WAV files, spans, spectra."""
