"""What `ssh` is told of a link, in its own configuration: also for those on the way. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.remote.link import Link

# A machine that was cut off counts as such after two questions without an answer.
_ALIVE_S, _ALIVE = 2, 2
# A connection that is shared and dead, the way's own and one's own: 15 s at most in all.
_CONNECT_S = 4
_PERSIST_S = 60
_HOST = re.compile(r"[A-Za-z0-9:][A-Za-z0-9._:-]{0,252}\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")
_JUMP = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{1,5})?\Z")


def config(link: Link, known_hosts: Path, folder: Path) -> str:
    """The text of a configuration that holds for every host that it is used for.

    Args:
        link: how the machine is reached.
        known_hosts: the file with the pinned keys.
        folder: where connections that are shared have their sockets.

    Raises:
        DeepcatError: a name could be taken for something else (``remote/link``).
    """
    require(link)
    # Another link to the same machine may have pinned another key: it shares nothing with this.
    mark = hashlib.sha256(repr(link).encode()).hexdigest()[:8]
    lines = {
        "BatchMode": "yes",
        "ConnectTimeout": _CONNECT_S,
        "ServerAliveInterval": _ALIVE_S,
        "ServerAliveCountMax": _ALIVE,
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": f'"{known_hosts}"',
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "CheckHostIP": "no",
        "ForwardAgent": "no",
        "LogLevel": "ERROR",
        "ControlMaster": "auto",
        "ControlPersist": _PERSIST_S,
        "ControlPath": f'"{folder}/{mark}%C"',
    }
    if link.identity:
        lines |= {"IdentityFile": f'"{link.identity.replace("%", "%%")}"', "IdentitiesOnly": "yes"}
    text = "Host *\n" + "".join(f"  {key} {value}\n" for key, value in lines.items())
    own = {"Port": link.port or "", "User": link.user, "ProxyJump": ",".join(link.jump)}
    told = "".join(f"  {key} {value}\n" for key, value in own.items() if value)
    # The first value that ssh finds counts, and those on the way have users and ports of their own.
    return f"Host {link.host}\n{told}{text}" if told else text


def gates(link: Link) -> list[Link]:
    """The machines on the way to another, each as one that is reached itself."""
    found = []
    for number, text in enumerate(link.jump):
        user, _, place = text.rpartition("@")
        host, _, port = place.partition(":")
        way = link.jump[:number]
        found.append(replace(link, host=host, port=int(port or 0), user=user, jump=way))
    return found


def require(link: Link) -> None:
    """Raise DeepcatError where a name could be taken for something else (``remote/link``)."""
    fits = (
        _HOST.match(link.host)
        and (not link.user or _USER.match(link.user))
        and 0 <= link.port < 65_536
        and all(map(_JUMP.match, link.jump))
        # A configuration tells hosts apart by their names alone.
        and link.host not in {each.rpartition("@")[2].partition(":")[0] for each in link.jump}
        and not any(sign in link.identity for sign in ('"', "\n", "${"))
    )
    if not fits:
        raise DeepcatError(
            f"{link.host!r} cannot be reached by ssh as it is written",
            hint="use plain names of hosts and users, ports from 1 to 65535, and for a machine on"
            " the way another name than for the one behind it",
            code="remote/link",
        )
