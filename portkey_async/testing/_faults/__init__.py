"""Faults to inject, and the queue in which they wait for requests."""
