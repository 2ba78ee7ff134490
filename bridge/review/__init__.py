"""The review page.

Listen to a result, correct it and send it again; a server on loopback and its page.
"""
