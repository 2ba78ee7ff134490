"""Drives the real Ardour under a virtual screen and reads what it saved."""
