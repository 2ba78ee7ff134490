"""Find the notes that are no notes of the part: duplicates, bleed, spurious ones."""
