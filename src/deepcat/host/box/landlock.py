"""EDGE of the box: Landlock, which keeps a process from files, ports and signals by rules.

It needs no namespace and no root: where the machine gives neither, it alone holds the files.
"""

from __future__ import annotations

import os

from deepcat.host.box import kernel, needs
from deepcat.host.box.grant import Grant

_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_TRUNCATE, _DEVICE_CALLS = 1 << 14, 1 << 15
_MAKE_DEVICES = (1 << 6) | (1 << 11)  # character, block
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_CALLS
_BIND, _CONNECT = 1, 2
# The form from which on ports are kept, too.
OF_PORTS = 4
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2
# How many rights over files each form knows.
_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_SIZES = {1: 8, 2: 8, 3: 8, 4: 16, 5: 16}


def enter(version: int, grant: Grant, *, own_root: bool, own_network: bool, temporary: str) -> None:
    """Keep this process to what is granted, for ever.

    Args:
        version: of Landlock; what newer ones know is left out.
        grant: what it may have.
        own_root: whether the root is the box's own, so that its /proc shows nothing of others.
        own_network: whether the network is its own, so that its ports are nobody else's.
        temporary: its folder for temporary files.

    Raises:
        OSError: a rule is refused.
    """
    files = (1 << _BITS.get(version, 16)) - 1
    ports = (0 if grant.listens else _BIND) | (0 if grant.connects else _CONNECT)
    ports = ports if version >= OF_PORTS and not own_network else 0
    scopes = _ABSTRACT_SOCKETS | _SIGNALS if version >= 6 else 0
    rules = kernel.landlock_rules(files, ports, scopes, _SIZES.get(version, 24))
    read = _EXECUTE | _READ | _LIST
    write = files & ~_MAKE_DEVICES
    use = _READ | _WRITE | _TRUNCATE | _DEVICE_CALLS
    system = (*needs.SYSTEM, *(needs.NETWORK if grant.connects else ()))
    system += needs.DEVICES if grant.devices else ()
    processes = ("/proc",) if own_root else (*needs.PROC, f"/proc/{os.getpid()}")
    for paths, rights in (
        ((*system, *processes), read),
        (("/etc/passwd", "/etc/group"), _READ),
        (needs.NODES, use),
        (("/dev/pts",) if own_root and grant.terminals else (), use | _LIST),
    ):
        for path in filter(os.path.exists, paths):
            _allow(rules, path, rights & files)
    if own_root:  # nothing lies there but what is granted
        _allow(rules, "/", _LIST)
    for paths, rights in (
        (grant.reads, read),
        ((*grant.writes, *grant.shared, temporary), write),
        (grant.devices, use),
    ):
        for path in paths:
            _allow(rules, path, rights & files)
    for port in grant.calls if ports & _CONNECT else ():
        kernel.landlock_allow_port(rules, port, _CONNECT)
    kernel.landlock_enter(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    kernel.landlock_allow(rules, path, rights if os.path.isdir(path) else rights & _OF_FILES)
