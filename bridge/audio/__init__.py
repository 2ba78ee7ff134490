"""Audio in and out.

Recordings, WAV files, spans, spectra.
"""
