"""From notes to instruments.

How many tracks there are, which note is whose, and what to call them.
"""
