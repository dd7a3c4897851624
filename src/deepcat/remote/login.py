"""What a cloud's file says of a machine that is reached by ssh: the schema, and the link to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.remote.link import Link
from deepcat.remote.patterns import ADDRESS, JUMP, KNOWN_HOSTS

LOGIN: Mapping[str, Any] = {
    "address": {
        "description": "Its name or address.",
        "type": "string",
        "pattern": ADDRESS,
        "examples": ["10.0.0.11"],
    },
    "port": {
        "description": "Of its sshd.",
        "type": "integer",
        "minimum": 1,
        "maximum": 65535,
        "examples": [22],
    },
    "user": {
        "description": "Who logs in.",
        "type": "string",
        "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        "examples": ["deploy"],
    },
    "identity": {
        "description": "The private key: its path from the catalog's folder, or a reference to"
        " where it lies, as for any secret; without it, the keys of the agent.",
        "type": "string",
        "examples": ["~/.ssh/id_deepcat", "env:DEEPCAT_SSH_KEY"],
    },
    "jump": {
        "description": "Machines on the way, the first one first, as `user@host:port`.",
        "type": "array",
        "items": {"type": "string", "pattern": JUMP},
        "examples": [["ops@bastion.example.org:22"]],
    },
}
KNOWN: Mapping[str, Any] = {
    "description": "Lines as `ssh-keyscan` prints them: the keys of all machines that are reached,"
    " and of those on the way. One that shows another key is not talked to.",
    "type": "array",
    "items": {"type": "string", "pattern": KNOWN_HOSTS},
    "examples": [["10.0.0.11 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…"]],
}


def link_of(told: Mapping[str, Any], root: Path, name: str = "") -> Link:
    """How a machine is reached.

    Args:
        told: what keeps the schemas `LOGIN` and, as `known_hosts`, `KNOWN`.
        root: the catalog's folder, from which a key's path begins.
        name: of the machine, where the file gives no address.

    Raises:
        DeepcatError: its key is not where its reference points to (``secret/missing``).
    """
    from deepcat.remote.private_key import private_key

    return Link(
        host=str(told.get("address") or name),
        port=int(told.get("port") or 0),
        user=str(told.get("user") or ""),
        identity=private_key(str(told.get("identity") or ""), root),
        known_hosts=tuple(told["known_hosts"]),
        jump=tuple(told.get("jump") or ()),
    )
