"""dawscribe's own band model.

The notes of all instruments of a mix or a stem, with the family of each.
"""
