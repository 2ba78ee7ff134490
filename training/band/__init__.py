"""Training of the band net: notes of all instruments of a mix, with the family of each."""
