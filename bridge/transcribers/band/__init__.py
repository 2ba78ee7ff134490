"""dawscribe's own band model: the notes of all instruments of a mix or a stem, with the family of each."""
