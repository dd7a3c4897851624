"""Whether somebody speaks HTTP/2, and so gRPC: a greeting and its answer, no more."""

from __future__ import annotations

import socket
import ssl

# RFC 9113, section 3.4: the client's preface, and an empty frame of settings.
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
_HEAD = 9
_SETTINGS = 4


def speaks_http2(host: str, port: int, timeout_s: float, by: ssl.SSLContext | None = None) -> bool:
    """Whether a server's settings come first, as they must.

    Args:
        host: its name or address.
        port: that it listens on.
        timeout_s: how long each answer may take.
        by: what takes its certificate; None where it speaks in the clear.
    """
    said = b""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as plain:
            if by is not None:
                by.set_alpn_protocols(["h2"])
            with by.wrap_socket(plain, server_hostname=host) if by else plain as peer:
                peer.sendall(_GREETING)
                while len(said) < _HEAD and (more := peer.recv(_HEAD - len(said))):
                    said += more
    except OSError:
        return False
    return len(said) == _HEAD and said[3] == _SETTINGS
