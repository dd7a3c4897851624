"""A kernel: ``python [-S] -s kernel.py MODULE KERNEL [ARGUMENT]…``.

What lies in the module's environment comes first, and after it what a kernel itself is made of, to
which `closure` links; of the host's own packages there are some only where the module has no
environment of its own.
"""

from __future__ import annotations

import importlib
import itertools
import os
import site
import sys
import tempfile
from typing import Any

_HERE = "tcp://127.0.0.1"


def main() -> None:
    """Run it until it is to end."""
    module, needed = sys.argv[1:3]
    own = sys.path[0]
    for folder in filter(None, (module, needed)):
        site.addsitedir(folder)
    sys.path[:] = ["", *(path for path in sys.path if path != own)]
    sys.argv[:3] = ["ipykernel_launcher"]
    _keep_off_the_network(importlib.import_module("zmq").Socket)
    importlib.import_module("ipykernel.kernelapp").launch_new_instance()


def _keep_off_the_network(socket: Any) -> None:
    """Let what a kernel's own parts say to one another go by sockets that are files.

    Before it listens at any port ZeroMQ asks for the machine's network cards, and ends the process
    where a box does not tell.
    """
    folder = tempfile.mkdtemp(prefix="kernel-")
    numbers, connect = itertools.count(1), socket.connect

    def bind_to_random_port(self: Any, addr: str, *_: object, **__: object) -> int:
        number = next(numbers)
        self.bind(_at(folder, addr, number))
        return number

    def connect_to(self: Any, addr: Any) -> Any:
        number = str(addr).removeprefix(f"{_HERE}:")
        is_ours = number.isdigit() and os.path.exists(os.path.join(folder, number))  # noqa: PTH110, PTH118
        return connect(self, _at(folder, addr, number) if is_ours else addr)

    socket.bind_to_random_port, socket.connect = bind_to_random_port, connect_to


def _at(folder: str, addr: str, number: object) -> str:
    return f"ipc://{folder}/{number}" if addr.startswith(_HERE) else f"{addr}:{number}"


if __name__ == "__main__":
    main()
