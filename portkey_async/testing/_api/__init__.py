"""The API's operations, one module a resource: what to respond to a request, without any I/O."""
