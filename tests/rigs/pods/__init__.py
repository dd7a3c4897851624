"""Runs of the kind `kubernetes`, step by step, and a cluster in memory for their order."""
