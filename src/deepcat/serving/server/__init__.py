"""The server: REST and gRPC on their ports, until it is told to end.

Law of this room: `run` is its edge; what a client may say is decided in `contract` and `models`.
"""
