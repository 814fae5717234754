"""Waiting for a run: polling, streaming, and calling functions for it."""
