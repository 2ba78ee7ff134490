"""Training of the polyphonic note model: synthesis, features with truth, training, thresholds, export."""
