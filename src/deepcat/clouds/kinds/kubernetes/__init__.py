"""The kind `kubernetes`: clusters that answer the API of Kubernetes, 1.28 or newer."""
