"""The keys that machines show to whoever connects: asked for, never believed by themselves."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from deepcat.errors import DeepcatError
from deepcat.remote import ssh
from deepcat.remote.config import gates, require
from deepcat.remote.link import Link

_WAIT_S = 5
_LONGEST_S = 20.0
_MOST_AT_ONCE = 16
_USUAL = 22
# The first kind that a machine has is pinned.
_KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")


@dataclass(frozen=True, slots=True)
class Key:
    """One machine's.

    Attributes:
        host: as the line names it.
        line: as `known_hosts` has it.
        fingerprint: by which people compare it.
    """

    host: str
    line: str
    fingerprint: str


def scan(links: Sequence[Link]) -> list[Key]:
    """The keys of machines, and of those on the way to them, each once.

    A machine behind others is asked from the last of these, by the keys that they have just shown.

    Raises:
        DeepcatError: one shows none (``remote/unreachable``), or cannot be named so
            (``remote/link``).
    """
    for link in links:
        require(link)
    found: dict[str, Key] = {}
    every = dict.fromkeys(each for link in links for each in (*gates(link), link))
    for depth in range(max((len(link.jump) for link in every), default=0) + 1):
        known = tuple(found)
        due = [replace(link, known_hosts=known) for link in every if len(link.jump) == depth]
        with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
            found |= {key.line: key for key in pool.map(_shown, due)}
    return list(found.values())


def _shown(link: Link) -> Key:
    """The key that a machine shows, to this one or to the last on the way.

    Raises:
        DeepcatError: it shows none.
    """
    by = gates(link)[-1] if link.jump else None
    port = str(link.port or _USUAL)
    words = ("ssh-keyscan", "-T", str(_WAIT_S), "-p", port, "--", link.host)
    done = ssh.run(by, " ".join(words), timeout_s=_LONGEST_S)
    lines = [line for line in done.out.decode(errors="replace").splitlines() if line[:1] != "#"]
    for kind in _KINDS:
        for line in lines:
            if line.split()[1:2] == [kind]:
                # Whom a key is for is ours to say: it comes by way of others.
                name = link.host if port == str(_USUAL) else f"[{link.host}]:{port}"
                own = " ".join((name, *line.split()[1:3]))
                return Key(name, own, _fingerprint(own))
    raise DeepcatError(
        f"`{link.host}` shows no key at port {port}",
        hint="see whether its sshd runs, and whether this machine may connect to it",
        code="remote/unreachable",
    )


def _fingerprint(line: str) -> str:
    """A key's fingerprint and kind.

    Raises:
        DeepcatError: what it showed is no key (``remote/host-key``).
    """
    done = subprocess.run(
        ["ssh-keygen", "-lf", "-"], input=line, capture_output=True, text=True, check=False
    )
    parts = done.stdout.split()
    if done.returncode or len(parts) < 3:
        raise DeepcatError(
            f"what `{line.split(maxsplit=1)[0]}` shows is no key",
            hint="see what listens there",
            code="remote/host-key",
        )
    return f"{parts[1]} {parts[-1]}"
