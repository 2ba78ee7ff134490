"""Plugins that turn one stem into notes."""
