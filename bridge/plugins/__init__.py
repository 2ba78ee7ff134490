"""The contracts of plugins and the registry that finds them."""
