"""Environments of Python for what authors bring: made of a lock with checksums, shared, swept.

A plug-in of DEEPaaS and a training run in one each; one of a lock serves all deployments of a host.
"""
