"""The spool folder: protocol 1 between DAW scripts and the daemon."""
