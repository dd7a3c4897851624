"""Which system calls a box refuses, as a program for the kernel's filter (BPF). Pure.

It is a list of what is refused: what reaches other processes, the kernel's own configuration, new
namespaces, or interfaces with a long history of holes; and, by their arguments, sockets. Calls for
another processor's numbers (32-bit, x32) end the process, since the list does not hold for them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from deepcat.host.box.syscalls import ARCHITECTURES, BOUNDING, MARKS, REFUSED, SHARED, numbers

EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97

_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_SOCK_STREAM, _SOCK_DGRAM, _SOCK_TYPE = 1, 2, 0xF
_TCP = 6
_MSG_FASTOPEN = 0x20000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# Of clone(2): mount, cgroup, uts, ipc, user, pid, net.
_NEW = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_BITS, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000


@dataclass(frozen=True)
class Calls:
    """What of the network and of process groups a box's calls may do.

    Attributes:
        sockets: whether it may have sockets of the Internet's families.
        connects: whether it may call out with them.
        ports: whether it may call those ports alone that rules name, by TCP; needs `sockets`.
        own_network: whether the network is its own, with nothing outside it.
        own_names: whether processes, memory and queues have names of its own; where not, it may not
            leave its process group, which is all by which it can be ended, nor share memory with
            others by System V's calls.
        own_user: whether files and processes of its user are its own; where not, it may bound and
            slow itself alone.
        marks: whether it may change modes and owners of files by their paths.
    """

    sockets: bool = True
    connects: bool = True
    ports: bool = False
    own_network: bool = False
    own_names: bool = True
    own_user: bool = True
    marks: bool = True


@dataclass(frozen=True)
class _Step:
    code: int
    value: int
    yes: int = 0
    no: int = 0


def program(machine: str, calls: Calls) -> bytes:
    """The filter for a machine's processor.

    Raises:
        KeyError: there is no list for this processor.
    """
    of = numbers(machine)
    steps = [
        _load(_ARCHITECTURE),
        _Step(_JUMP_EQUAL, ARCHITECTURES[machine], 1, 0),
        _Step(_RETURN, _KILL),
        _load(_NUMBER),
        _Step(_JUMP_ABOVE, _X32, 0, 1),
        _Step(_RETURN, _KILL),
    ]
    refused = {*REFUSED, *(() if calls.own_names else ("setsid", "setpgid", *SHARED))}
    refused |= frozenset() if calls.marks else MARKS
    outside = not (calls.connects or calls.own_network)
    if outside and not calls.ports:
        refused |= {"connect"}
    for name in sorted(refused & of.keys()):
        steps += [_Step(_JUMP_EQUAL, of[name], 0, 1), _Step(_RETURN, _ERRNO | EPERM)]
    steps += _on(of["clone3"], [_Step(_RETURN, _ERRNO | ENOSYS)])
    steps += _on(of["clone"], _refuse_bits(0, _NEW, EPERM))
    for name, argument in ({} if calls.own_user else BOUNDING).items():
        steps += _on(of[name], _refuse_others(argument))
    steps += _on(of["ioctl"], [*_refuse_equal(1, _TIOCSTI), *_refuse_equal(1, _TIOCLINUX)])
    steps += _on(of["socket"], _socket(calls, outside))
    if outside:
        steps += _on(of["socketpair"], _refuse_datagrams())
        steps += _on(of["sendto"], _refuse_bits(3, _MSG_FASTOPEN, EPERM))
        steps += _on(of["sendmsg"], _refuse_bits(2, _MSG_FASTOPEN, EPERM))
        steps += _on(of["sendmmsg"], _refuse_bits(3, _MSG_FASTOPEN, EPERM))
    steps.append(_Step(_RETURN, _ALLOW))
    return b"".join(struct.pack("=HBBI", s.code, s.yes, s.no, s.value) for s in steps)


def _socket(calls: Calls, outside: bool) -> list[_Step]:
    """Of socket(2): the families, and where nobody may call out, streams of TCP alone."""
    families = [_AF_INET, _AF_INET6] if calls.sockets else []
    if not calls.ports:  # rules for ports do not hold for sockets that are files
        families.insert(0, _AF_UNIX)
    steps = [_argument(0)]
    steps += [_Step(_JUMP_EQUAL, family, len(families) - n, 0) for n, family in enumerate(families)]
    steps.append(_Step(_RETURN, _ERRNO | EAFNOSUPPORT))
    if not outside:
        return steps
    steps += _refuse_datagrams()
    steps += [_argument(0), _Step(_JUMP_EQUAL, _AF_UNIX, 7, 0)]
    steps += [_argument(1), _Step(_AND, _SOCK_TYPE), _Step(_JUMP_EQUAL, _SOCK_STREAM, 0, 3)]
    steps += [_argument(2), _Step(_JUMP_EQUAL, 0, 2, 0), _Step(_JUMP_EQUAL, _TCP, 1, 0)]
    steps.append(_Step(_RETURN, _ERRNO | EPERM))
    return steps


def _refuse_datagrams() -> list[_Step]:
    """A datagram needs no connection to reach somebody, also another process by its own name."""
    return [
        _argument(1),
        _Step(_AND, _SOCK_TYPE),
        _Step(_JUMP_EQUAL, _SOCK_DGRAM, 0, 1),
        _Step(_RETURN, _ERRNO | EPERM),
    ]


def _on(number: int, steps: list[_Step]) -> list[_Step]:
    """Take these steps for a call of this number, then allow it; else go on."""
    return [_Step(_JUMP_EQUAL, number, 0, len(steps) + 1), *steps, _Step(_RETURN, _ALLOW)]


def _refuse_bits(argument: int, bits: int, error: int) -> list[_Step]:
    refuse = _Step(_RETURN, _ERRNO | error)
    return [_argument(argument), _Step(_JUMP_BITS, bits, 0, 1), refuse]


def _refuse_equal(argument: int, value: int) -> list[_Step]:
    refuse = _Step(_RETURN, _ERRNO | EPERM)
    return [_argument(argument), _Step(_JUMP_EQUAL, value, 0, 1), refuse]


def _refuse_others(argument: int) -> list[_Step]:
    """A call may name the caller itself, which is 0, and nobody else."""
    return [_argument(argument), _Step(_JUMP_EQUAL, 0, 1, 0), _Step(_RETURN, _ERRNO | EPERM)]


def _argument(index: int) -> _Step:
    """Load the lower half of an argument; both processors are little-endian."""
    return _load(16 + 8 * index)


def _load(offset: int) -> _Step:
    return _Step(_LOAD, offset)
