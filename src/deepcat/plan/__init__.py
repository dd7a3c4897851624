"""The plan: wishes minus what is known to run, as data that a person can read before it happens.

Law of this room: no external calls and no I/O; the same input gives the same plan.
"""
