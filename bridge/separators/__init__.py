"""Plugins that split a mix into stems."""
