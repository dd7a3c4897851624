"""What `ssh` says when it cannot do what it was asked, as an error that a person can mend. Pure."""

from __future__ import annotations

from deepcat.errors import DeepcatError
from deepcat.remote.link import Link

SSH = "ssh"

# What it says -> the code, what is wrong, how to mend it. The first that fits counts.
_WORDS: tuple[tuple[str, str, str, str], ...] = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "remote/host-key",
        "`{0}` shows another key than the one that is pinned: it was set up anew, or it is not it",
        "compare its fingerprint with whoever runs it, then pin the new key in the cloud's file",
    ),
    (
        "host key is known for",
        "remote/host-key",
        "no key of `{0}` is pinned",
        "pin the line that `ssh-keyscan {0}` prints in the cloud's file, once its fingerprint is"
        " compared with whoever runs it",
    ),
    (
        "Host key verification failed",
        "remote/host-key",
        "the key of `{0}`, or of a machine on the way, is not the pinned one",
        "compare its fingerprint with whoever runs it, then pin it in the cloud's file",
    ),
    (
        "Permission denied",
        "remote/denied",
        "`{0}` lets nobody in as {1}",
        "give the key by `identity`, or to the agent, and add it to `authorized_keys` there",
    ),
    (
        "Too many authentication failures",
        "remote/denied",
        "`{0}` was offered too many keys as {1}",
        "name the one key by `identity`",
    ),
)


def trouble(link: Link, said: str) -> DeepcatError:
    """The error of what ssh said."""
    for words, code, message, hint in _WORDS:
        if words in said:
            user = f"`{link.user}`" if link.user else "this user"
            told = message.format(link.host, user), hint.format(link.host)
            return DeepcatError(told[0], hint=told[1], code=code)
    lines = [line for line in said.splitlines() if line.strip()]
    why = f": {lines[-1].strip()[:300]}" if lines else ""
    return DeepcatError(
        f"`{link.host}` is not reached by ssh{why}",
        hint="see whether the machine is up, and whether this one may connect to it",
        code="remote/unreachable",
    )
