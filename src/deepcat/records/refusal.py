"""What a remote answers where it does not take or give records, for a person. Pure."""

from __future__ import annotations

import re

from deepcat.errors import DeepcatError
from deepcat.plain import plain

# What is told of a remote that was not to be had; the last known records count, or an outcome is
# kept here until it is.
NOT_HAD = frozenset(
    {"records/busy", "records/forbidden", "records/git", "records/refused", "records/unreachable"}
)
_REFUSED = ("[remote rejected]", "hook declined", "protected branch", "GH006", "GH013")
_FORBIDDEN = (
    "permission denied", "permission to", "access denied", "not allowed", "authentication failed",
    "could not read username", "could not read password", "service not enabled", "error: 403",
    "error: 401", "insufficient permission", "unable to create temporary object directory",
)  # fmt: skip
_UNREACHABLE = (
    "could not resolve", "unable to access", "could not read from remote", "connection",
    "timed out", "unable to connect", "does not appear to be a git repository", "not found",
    "remote end hung up", "no route to host", "network is unreachable", "host key verification",
    "early eof",
)  # fmt: skip
_LONG = 300


def refusal(name: str, said: str) -> DeepcatError | None:
    """The error for what Git said of a remote; None where that is no matter of the remote.

    Args:
        name: the remote's.
        said: all that Git wrote.
    """
    words, low = _words(said), said.lower()
    if any(sign.lower() in low for sign in _REFUSED):
        return DeepcatError(
            f"`{name}` does not take records from here: {words}",
            hint="merge, and let the catalog's runner do it; what is begun needs its intent there"
            f" first. {OWN}",
            code="records/refused",
        )
    if any(sign in low for sign in _FORBIDDEN):
        return DeepcatError(
            f"you may not use the records of `{name}`: {words}",
            hint=f"let Git know who you are, or ask for the right; or merge, and let the runner do"
            f" it. {OWN}",
            code="records/forbidden",
        )
    if any(sign in low for sign in _UNREACHABLE):
        return unreachable(name, words)
    return None


def unreachable(name: str, why: str) -> DeepcatError:
    """The error for a remote that cannot be reached now."""
    return DeepcatError(
        f"the records of `{name}` cannot be reached: {plain(why)[:_LONG]}",
        hint=f"try again once it answers. {OWN}",
        code="records/unreachable",
    )


OWN = "To keep records of its own in this clone: `git config deepcat.recordsRemote none`"
_SAYS = re.compile(r"(?:fatal|error|remote|ssh): *(?:error: *)?")
# Git's own words after what SSH has said, which is what tells something.
_AFTER_SSH = "fatal: Could not read from remote repository."


def _words(said: str) -> str:
    """What tells most of all that Git wrote: the server's own words first."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if _AFTER_SSH in lines[1:]:
        return plain(_SAYS.sub("", lines[0], count=1))[:_LONG]
    for mark in ("remote:", "fatal:", "error:", "!"):
        found = [line for line in lines if line.startswith(mark) and line != mark]
        if found:
            return plain(_SAYS.sub("", found[0], count=1))[:_LONG]
    return plain(lines[-1])[:_LONG] if lines else "Git gave no reason"
