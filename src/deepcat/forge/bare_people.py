"""Who stands behind a change on a bare repository: whoever a signature proves, or the transport."""

from __future__ import annotations

from dataclasses import dataclass

from deepcat.forge.git import Repository
from deepcat.forge.signatures import signers
from deepcat.forge.values import People, Role, Says, Vote


@dataclass(frozen=True, slots=True)
class Told:
    """What whoever set the hook up, and the way by which a push came, say.

    Attributes:
        pusher: the handle that the transport proved; empty where it proves none.
        owners: the repository's owners, by handle.
        tags: approvals that come with the same push, by hash.
    """

    pusher: str = ""
    owners: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()


def people(git: Repository, keys: object, told: Told, tip: str, commit: str) -> People:
    """Who wrote what is pushed, and who approved it.

    A merge that Git would make just so is nobody's work: what counts is the branch that it brings,
    and whoever signed the merge has said yes to it.

    Args:
        git: the repository.
        keys: as `deepcat.yaml` names them at the tip.
        told: what is known without a signature.
        tip: the branch that it shall go to, as it is now.
        commit: what is pushed.
    """
    head = _brought(git, tip, commit)
    with signers(git, keys) as known:
        author = known.of_commit(head) or told.pusher
        yes = [*known.approvals(head, told.tags), *known.approvals(commit, told.tags)]
        if head != commit:
            yes.append(known.of_commit(commit))
    votes = tuple(
        Vote(who, Says.YES, head, _role(who, told.owners)) for who in dict.fromkeys(yes) if who
    )
    return People(head, author, _role(author, told.owners), votes)


def _brought(git: Repository, tip: str, commit: str) -> str:
    """The branch that a merge brings, where the merge adds nothing of its own; else the commit."""
    parents = git.parents(commit)
    if len(parents) != 2 or parents[0] != tip:
        return commit
    merged = git.merged(*parents)
    is_plain = merged and git.tree(merged) == git.tree(commit)
    return parents[1] if is_plain else commit


def _role(handle: str, owners: frozenset[str]) -> Role:
    """Whoever has a key here may push."""
    return Role.OWNER if handle and handle.lower() in owners else Role.WRITER
