"""The semitone net: drums in whole mixes, heard in the spectrogram of the band, with percussion told apart."""
