"""What runs do: scripts, and the queue in which they wait for runs."""
