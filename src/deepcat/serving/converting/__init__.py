"""Converting: a model in another form of TensorFlow's becomes a SavedModel, as it is served.

What is converted is a program of a stranger, and runs while it is: so this is a process of its own,
which whoever wants a model converted begins in a box (`deepcat.cli.new.taking`).
"""
