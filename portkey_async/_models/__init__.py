"""What the API speaks of, as frozen attrs classes: one module a resource."""
