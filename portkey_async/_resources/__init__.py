"""What users call: one module a resource of the API."""
