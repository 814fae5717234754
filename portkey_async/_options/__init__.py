"""What a client is told: one table of options, and the settings made of them."""
