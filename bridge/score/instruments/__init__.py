"""From notes to instruments: how many tracks there are, which note is whose, and what to call them."""
