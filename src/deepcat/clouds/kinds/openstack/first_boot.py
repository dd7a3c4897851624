"""What a server is told for its first boot, as cloud-init takes it. Pure.

It holds nothing secret: whoever is on the server, and whoever may ask the cloud for it, can read
it. So the server makes its host key itself, and tells the public half on its console.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

USER = "deepcat"


def user_data(
    public_key: str,
    *,
    keeps_default: bool = False,
    packages: Sequence[str] = (),
    runs: Sequence[Sequence[str]] = (),
) -> str:
    """The text: one user, who is nobody's administrator, by one key.

    Args:
        public_key: that may log in.
        keeps_default: whether the image's own user is there besides, let in by a keypair.
        packages: of the image's distribution, that are installed.
        runs: commands that root runs once, each by its words; cloud-init tells the host key after
            them and the packages, whether those went well or not.
    """
    told: dict[str, Any] = {
        "users": [
            *(["default"] if keeps_default else []),
            {
                "name": USER,
                "shell": "/bin/sh",
                "lock_passwd": True,
                "ssh_authorized_keys": [public_key],
            },
        ],
        "disable_root": True,
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
        "ssh_genkeytypes": ["ed25519"],
        "ssh": {"emit_keys_to_console": True},
    }
    if packages:
        told |= {"package_update": True, "packages": list(packages)}
    if runs:
        told["runcmd"] = [list(each) for each in runs]
    return f"#cloud-config\n{json.dumps(told, indent=1)}\n"
