"""A place to develop: an editor beside a module's files, in a box, and work that is never lost.

The folder that somebody works in lies beside the deployments and outlives them. A program outside
of the box holds the door, saves the work and ends what nobody uses.
"""
