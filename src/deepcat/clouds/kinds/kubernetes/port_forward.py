"""EDGE beside `edge`: the frames by which a port of a pod is reached, over a WebSocket."""

from __future__ import annotations

from typing import Any

# By which a port-forward goes; its channel of what is asked and answered, beside that of errors.
PROTOCOL, _DATA = "v4.channel.k8s.io", 0
# How long the other side may take to say that it has ended, and how much it may say of why.
_ENDS_S, _MOST_WORDS = 1, 500


class Way:
    """What leads to a port of a pod: frames of a port-forward, each after the byte of its channel.

    The client library's own passes on what a pod has said only after it has looked for its end, and
    loses the answer of a server that closes right behind it.

    Attributes:
        refused: why the pod's side ended it, in its own words; empty where it just did.
    """

    def __init__(self, websocket: Any) -> None:
        self.refused = ""
        self._websocket = websocket
        self._begun: set[int] = set()

    def fileno(self) -> int:
        """As of a socket."""
        return int(self._websocket.sock.fileno())

    def has_more(self) -> bool:
        """Whether something was decrypted that its file does not show."""
        pending = getattr(self._websocket.sock, "pending", None)
        return bool(pending is not None and pending())

    def receive(self) -> bytes | None:
        """What the pod says, empty for nothing; None once it says no more."""
        from websocket import ABNF, WebSocketException

        try:
            kind, frame = self._websocket.recv_data_frame(True)
        except (WebSocketException, OSError):
            return None
        if kind == ABNF.OPCODE_CLOSE:
            return None
        told = bytes(frame.data) if kind == ABNF.OPCODE_BINARY else b""
        channel = told[0] if told else _DATA
        if channel not in self._begun:  # the first frame of each says of which port it is
            self._begun |= {channel} if told else set()
            return b""
        if channel == _DATA:
            return told[1:]
        self.refused += told[1:_MOST_WORDS].decode("utf-8", "replace")
        return b""

    def send(self, data: bytes) -> None:
        """Say something to the pod.

        Raises:
            OSError: it listens no more.
        """
        from websocket import WebSocketException

        try:
            self._websocket.send_binary(bytes((_DATA,)) + data)
        except WebSocketException as error:
            raise ConnectionError(str(error)) from None

    def close(self) -> None:
        """End it, and let the other side know."""
        self._websocket.close(timeout=_ENDS_S)
        self._websocket.shutdown()
