"""dawscribe's own band net: the notes of all instruments of a mix or a stem, with the family of each."""
