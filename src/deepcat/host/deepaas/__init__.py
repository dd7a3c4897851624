"""What happens on a host for an author's own plug-in of DEEPaaS.

The real DEEPaaS runs it, in an environment that a lock with checksums names, in a box that may call
its model server alone.
"""
