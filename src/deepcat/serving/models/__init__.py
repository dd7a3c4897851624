"""The models that are served: their versions, their states, and how they are asked.

Law of this room: the world is reached through an engine's sessions and the models' folders alone.
"""
