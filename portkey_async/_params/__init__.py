"""What the calls take, and the limits that the specification sets."""
