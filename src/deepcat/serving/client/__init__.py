"""Clients of a server, by REST and by gRPC, for programs that know `DeepcatError`.

Law of this room: `rest` needs the standard library alone; it is what the host's steps use, too.
"""
