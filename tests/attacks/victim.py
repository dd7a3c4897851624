"""What lies beside a box: a process with a secret, that waits to be reached and notes who comes.

``python victim.py FOLDER NAME KEY`` prints its TCP port once all is open.
"""

from __future__ import annotations

import ctypes
import selectors
import socket
import sys
from pathlib import Path


def main(folder: Path, name: str, key: int) -> None:
    inet, six = _bound(socket.AF_INET, "0.0.0.0"), None
    port = inet.getsockname()[1]
    doors = [inet, _bound(socket.AF_INET, "0.0.0.0", port, socket.SOCK_DGRAM)]
    if socket.has_ipv6:
        six = _bound(socket.AF_INET6, "::1", port)
        doors.append(six)
    doors.append(_bound(socket.AF_UNIX, str(folder / "socket")))
    doors.append(_bound(socket.AF_UNIX, str(folder / "datagrams"), kind=socket.SOCK_DGRAM))
    doors.append(_bound(socket.AF_UNIX, f"\0{name}"))
    for path in ("socket", "datagrams"):
        (folder / path).chmod(0o777)
    library = ctypes.CDLL(None, use_errno=True)
    assert library.shmget(key, 16, 0o1666) >= 0
    assert ctypes.CDLL("librt.so.1").mq_open(f"/{name}".encode(), 0o102, 0o666, None) >= 0
    shared = Path("/dev/shm", name)
    shared.write_text((folder / "canary").read_text())
    shared.chmod(0o644)
    print(port, flush=True)
    with selectors.DefaultSelector() as selector:
        for door in doors:
            selector.register(door, selectors.EVENT_READ)
        while True:
            for found, _ in selector.select():
                door = found.fileobj
                assert isinstance(door, socket.socket)
                who = door.recvfrom(9)[1] if door.type == socket.SOCK_DGRAM else door.accept()[1]
                with (folder / "contacts").open("a") as notes:
                    notes.write(f"{door.family.name} {who}\n")


def _bound(
    family: int, address: str, port: int = 0, kind: int = socket.SOCK_STREAM
) -> socket.socket:
    door = socket.socket(family, kind)
    door.bind(address if family == socket.AF_UNIX else (address, port))
    if kind == socket.SOCK_STREAM:
        door.listen()
    return door


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
