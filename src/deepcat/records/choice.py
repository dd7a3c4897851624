"""Whose records count in a clone: those of one of its remotes, or its own. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# What `git config` is asked for, as it is written there.
ASKED = (
    r"^(core\.bare|deepcat\.(branch|records(remote|timeout))|branch\..*\.remote|remote\..*\.url)$"
)
NONE = "none"
_TIMEOUT_S = 10.0
_MOST_S = 600.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The remote whose records count.

    Attributes:
        remote: its name; empty where the clone's own records count.
        why: it was taken, in words.
        others: names of the other remotes, sorted.
        timeout_s: how long it may take to answer.
        branch: the branch that is the truth, by Git's configuration, which says none when it is
            empty; None when it was not asked.
    """

    remote: str = ""
    why: str = ""
    others: tuple[str, ...] = ()
    timeout_s: float = _TIMEOUT_S
    branch: str | None = None

    @property
    def words(self) -> str:
        """Which remote counts, for a person, where it could be another one; else empty."""
        if not self.others or not self.remote:
            return ""
        return (
            f"the records are those of `{self.remote}`, {self.why};"
            " `git config deepcat.recordsRemote NAME` says otherwise"
        )


def choose(settings: Mapping[str, str], branch: Callable[[], str], said: str = "") -> Choice:
    """The remote whose records count.

    Args:
        settings: what Git's configuration says of `ASKED`, the key's first and last part in lower
            case, as Git writes it.
        branch: gives the name of the branch that is checked out; asked where it decides.
        said: what the person said for this command: a remote's name, or ``none``.
    """
    names = {key[len("remote.") : -len(".url")] for key in settings if key.startswith("remote.")}
    wanted = said or settings.get("deepcat.recordsremote", "")
    timeout_s = _seconds(settings.get("deepcat.recordstimeout", ""))
    truth = settings.get("deepcat.branch", "")

    def found(name: str, why: str) -> Choice:
        return Choice(name, why, tuple(sorted(names.difference({name}))), timeout_s, truth)

    if wanted:
        why = "as you said" if said else "as `deepcat.recordsRemote` says"
        return found("" if wanted == NONE else wanted, why)
    # A server's own repository is where others push to, wherever it was copied from.
    if not names or settings.get("core.bare", "") == "true":
        return Choice(timeout_s=timeout_s, branch=truth)
    if len(names) == 1:
        return found(next(iter(names)), "the only remote")
    upstream = settings.get(f"branch.{branch()}.remote", "")
    if upstream in names:
        return found(upstream, "which the branch here follows")
    if "origin" in names:
        return found("origin", "since the branch here follows none")
    return Choice(others=tuple(sorted(names)), timeout_s=timeout_s, branch=truth)


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return _TIMEOUT_S
    return found if 0 < found <= _MOST_S else _TIMEOUT_S
