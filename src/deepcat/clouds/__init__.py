"""Clouds: what they offer, and which offer meets a request.

Law of this room: `accelerators`, `offers` and `match` are pure; one edge file for each kind of
cloud probes the world.
"""
