"""Run networks on the embedded runtime."""
