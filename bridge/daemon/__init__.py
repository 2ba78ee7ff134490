"""The daemon: triggers, queue and status in one event loop."""
