"""Kinds of cloud: a folder each, found by the entry points `deepcat.clouds`.

Law of this room: what only one kind knows stands in its folder; no kind imports another.
"""
