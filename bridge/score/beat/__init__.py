"""Find the beat: tempo map and downbeats from sound and notes."""
