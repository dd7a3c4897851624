"""A bridge of this machine to the namespaces of a cluster's nodes."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any


class Network:
    """A bridge, the addresses of nodes at it, and the nets of their pods behind them."""

    def __init__(self) -> None:
        taken = {each.get("dst", "") for each in json.loads(ip("-j route show"))}
        used = {each.split(".")[1] for each in taken if each.startswith("10.")}
        free = (64 + (os.getpid() + each) % 64 for each in range(64))
        self._octet = next(each for each in free if str(each) not in used)
        self.bridge = f"dck{os.getpid() % 100_000}b{self._octet}"
        self.address = f"10.{self._octet}.255.1"

    def begin(self) -> None:
        """Make the bridge."""
        ip(f"link add {self.bridge} type bridge",
           f"addr add {self.address}/24 dev {self.bridge}",
           f"link set {self.bridge} up")  # fmt: skip

    def join(self, number: int, pid: int) -> None:
        """Let the namespace of a process be a node's: it gets `eth0`, its pods a route."""
        link, at = self.link(number), f"nsenter --target {pid} --net ip"
        ip(f"link add {link} type veth peer name eth0 netns {pid}",
           f"link set {link} master {self.bridge} up")  # fmt: skip
        for line in (
            "link set lo up", f"addr add {self.node(number)}/24 dev eth0", "link set eth0 up",
            f"route add default via {self.address}",
        ):  # fmt: skip
            subprocess.run([*at.split(), *line.split()], check=True, capture_output=True)
        ip(f"route add {self.pods(number)} via {self.node(number)}")

    def link(self, number: int) -> str:
        """This machine's end of the way to a node."""
        return f"{self.bridge}v{number}"

    def node(self, number: int) -> str:
        """The address of a node."""
        return f"10.{self._octet}.255.{10 + number}"

    def pods(self, number: int) -> str:
        """The net of a node's pods."""
        return f"10.{self._octet}.{number}.0/24"

    def end(self) -> None:
        """Take it away; the links went with their namespaces."""
        subprocess.run(["ip", "link", "del", self.bridge], check=False, capture_output=True)


def ip(*lines: str) -> Any:
    """What `ip` says to the last of these."""
    said = b""
    for line in lines:
        said = subprocess.run(["ip", *line.split()], check=True, capture_output=True).stdout
    return said
