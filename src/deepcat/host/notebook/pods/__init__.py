"""A notebook in a pod of a cluster: one container of our image, and a claim that outlives it.

The pod is its box. The program that keeps it is the container's first; it is told by who brought it
up through a port-forward alone, for it listens on the pod's own loopback, and asks for the token.
"""
