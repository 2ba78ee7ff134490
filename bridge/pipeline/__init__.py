"""From a request to its results.

Read, separate, transcribe, arrange.
"""
