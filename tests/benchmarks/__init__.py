"""Measurements that a person runs; they print medians and ratios and never fail for being slow."""
