"""`python -m portkey_async.testing`: the server by itself."""
