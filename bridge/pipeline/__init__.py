"""From a request to its results: read, separate, transcribe, arrange."""
