"""EDGE of the forge: a bare Git repository as a forge; a proposal is a branch that waits.

What must be mended is a branch too: its commit changes nothing and its message says it all.
"""

from __future__ import annotations

from deepcat.forge.git import Repository
from deepcat.forge.values import Issue, Proposal


class Bare:
    """The inbox of a repository that has no forge around it.

    Args:
        git: the repository.
        base: the branch that is the truth.
    """

    def __init__(self, git: Repository, base: str = "main") -> None:
        self._git = git
        self._base = base

    def put_proposal(self, proposal: Proposal) -> str:
        """Let the branch of this key hold the change; gives the branch's name."""
        base = self._git.commit(f"refs/heads/{proposal.base}")
        text = f"{proposal.title}\n\n{proposal.body}"
        sha = self._git.put_commit(proposal.branch, base, proposal.parts, text)
        return proposal.branch if sha else ""

    def put_issue(self, issue: Issue) -> str:
        """Let the branch of this key say what to mend; gives the branch's name."""
        base = self._git.commit(f"refs/heads/{self._base}")
        branch = f"deepcat/{issue.key}"
        self._git.put_commit(branch, base, {}, f"{issue.title}\n\n{issue.body}")
        return branch

    def open_keys(self) -> frozenset[str]:
        """The keys of all branches that wait."""
        return frozenset(name.removeprefix("deepcat/") for name in self._git.branches("deepcat"))

    def close(self, key: str, reason: str) -> None:  # noqa: ARG002 - a branch cannot keep a reason
        """Let there be no branch of this key."""
        if self._git.commit(f"refs/heads/deepcat/{key}"):
            self._git.delete_branch(f"deepcat/{key}")
