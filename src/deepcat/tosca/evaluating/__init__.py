"""Evaluating: inputs, functions, requirements and constraints, worked out to nodes and edges.

Law of this room: pure; what only a host can know stays a `Deferred` value.
"""
