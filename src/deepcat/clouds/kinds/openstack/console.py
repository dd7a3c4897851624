"""The host keys that a server's first boot writes to its console. Pure.

Who asks for the console asks the cloud, by a login and over TLS: nobody on the way to the server
can put a key there. On the server only root can.
"""

from __future__ import annotations

import re

_BLOCK = re.compile(
    r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL
)
_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp256) ([A-Za-z0-9+/]{40,200}={0,2})(?=\s|$)")
_MOST = 1 << 20


def host_key(text: str) -> str:
    """The key by which a server is known, as `known_hosts` has it behind a name; empty for none.

    Of all blocks the first whole one counts: it was written before anything else ran there.
    """
    found = _BLOCK.search(text[:_MOST])
    keys = dict(_KEY.findall(found[1])) if found else {}
    return next((f"{kind} {keys[kind]}" for kind in sorted(keys, reverse=True)), "")
