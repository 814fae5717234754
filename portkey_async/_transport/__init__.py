"""A call on its way to the server and back."""
