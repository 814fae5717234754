"""Waiting for a run: polling, and calling functions for it. Imported when used: msgspec is slow."""
