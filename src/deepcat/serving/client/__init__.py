"""Clients of a server, by REST and by gRPC, and an answer held against the expected one.

Law of this room: `rest` and `compare` need the standard library alone.
"""
