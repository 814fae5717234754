"""HTTP: from the bytes of a request to those of the response, faults included."""
