"""Why a host was not reached, where Ansible did not wait until ssh had said it.

On a busy machine it finds that ssh takes nothing any more before ssh has ended, and then says that
alone: a login that is refused would pass for a machine that is down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deepcat.remote.words import tells_why, words_of_ssh
from deepcat.runs.plays import Part


class Unreached:
    """Asks ssh again.

    Args:
        parts: of the run, which know how their hosts are reached.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self._connections = {
            host: part.connection for part in parts for host in (*part.hosts, *part.old_hosts)
        }

    def told(self, host: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """A task's result, with ssh's words on why its host is not reached, where it lacks them."""
        message = str(result.get("msg") or "")
        if tells_why(message):
            return result
        said = words_of_ssh(self._connections.get(host, {}))
        return {**result, "msg": f"{message} {said}".strip()} if said else result
