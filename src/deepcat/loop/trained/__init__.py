"""What a training made comes back: read as a stranger's, held against the module, proposed.

Law of this room: a training's output is hostile. Only the files that are listed here are taken, and
each is a plain file of its own; what a proposal says is written by us, from values that were
checked. Nothing of it is run but in a box.
"""
