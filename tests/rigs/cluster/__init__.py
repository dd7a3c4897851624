"""A real API server on the loopback, built by Go, on which objects are tried."""
