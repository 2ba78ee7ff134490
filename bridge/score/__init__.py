"""Pure functions on notes: clean-up, bleed, bends, tempo, quantise, parts."""
