"""The logs of what a host runs, as lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from deepcat.remote import ssh
from deepcat.remote.link import Link

_LOG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.~-]*\.log\Z")


def logs(
    way: Link | None, place: str, resources: Mapping[str, Any], last: int, follow: bool
) -> Iterator[str]:
    """The last lines of each log that a record names, of those in the deployment's own folder.

    Args:
        way: to the host; None for this machine.
        place: the deployment's folder there.
        resources: what the record keeps; somebody else may have written it.
        last: at most so many lines of each.
        follow: whether to go on with new ones of the last.
    """
    names = [PurePosixPath(str(path)).name for path in resources.get("logs", ())]
    names = [name for name in names if _LOG.match(name)]
    if not names:
        return
    before = "; ".join(f"tail -n {last} {name}" for name in names[:-1])
    option = "-F " if follow else ""
    script = f"cd {ssh.quoted(place)}/logs && {{ {before or ':'}; }}"
    script += f" && exec tail {option}-n {last} {names[-1]} 2>/dev/null"
    yield from ssh.lines(way, script)
