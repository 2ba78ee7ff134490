"""The spool folder.

Protocol 1 between DAW scripts and the daemon.
"""
