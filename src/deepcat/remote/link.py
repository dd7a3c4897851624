"""How another machine is reached by `ssh`. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """How a machine is reached.

    Attributes:
        host: its name or address.
        port: of its sshd; 0 for ssh's own default.
        user: who logs in; empty for ssh's own default.
        identity: path of a private key; empty for the agent's keys.
        known_hosts: lines that pin the keys of the machine and of those on the way.
        jump: the machines on the way, the first one first, as ``user@host:port``.
    """

    host: str
    port: int = 0
    user: str = ""
    identity: str = ""
    known_hosts: tuple[str, ...] = ()
    jump: tuple[str, ...] = ()
