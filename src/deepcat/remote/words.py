"""What `ssh` says of a machine, where who called it did not wait for its words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.remote.ssh import run
from deepcat.remote.trouble import SSH

_TELLS_S = 20.0
# What says itself why a machine is not reached, or why it lets nobody in.
_TOLD = (
    *("permission denied", "too many authentication failures"),
    *("host key verification failed", "remote host identification", "host key is known"),
    *("timed out", "connection refused", "no route to host", "network is unreachable"),
    *("could not resolve", "not responding"),
)
_ALONE = ("-oControlPath=none", "-oControlMaster=no", "-T")


def tells_why(said: str) -> bool:
    """Whether a text has ssh's own words for why it does not get there."""
    return any(words in said.lower() for words in _TOLD)


def words_of_ssh(variables: Mapping[str, Any], timeout_s: float = _TELLS_S) -> str:
    """Why ssh does not get to a machine now, by a connection of its own; empty where it does.

    Args:
        variables: Ansible's own for the machine; see `ssh.variables`.
        timeout_s: after which nothing is known.
    """
    host = str(variables.get("ansible_host") or "")
    if variables.get("ansible_connection") != "ssh" or not host:
        return ""
    options = shlex.split(str(variables.get("ansible_ssh_common_args") or ""))
    words = [SSH, *options, *_ALONE, "--", host, "exit 0"]
    try:
        done = run(None, f"exec {shlex.join(words)} </dev/null", timeout_s=timeout_s)
    except DeepcatError:
        return ""
    return done.err.strip() if done.rc == 255 else ""
