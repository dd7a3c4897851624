"""Keeping: verdicts of earlier commands, by the content hash of what they were made from.

Law of this room: what is kept may be deleted at any time; it makes a command quicker and changes no
answer. `row_file` is its edge.
"""
