"""Pure functions on notes.

Clean-up, bleed, bends, tempo, quantise, parts.
"""
