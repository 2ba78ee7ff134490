"""Plugins that hand a finished score to a DAW or a file."""
