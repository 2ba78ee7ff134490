"""The review page: listen to a result, correct it and send it again; a server on loopback and its page."""
