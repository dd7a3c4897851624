"""A training in a pod of a cluster: what runs it, and beside it what looks after it.

They are containers of one pod, which see nothing of each other but the training's folder, so that
its script can forge nothing of what is told of it.
"""
