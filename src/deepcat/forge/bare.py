"""EDGE of the forge: a Git repository as a forge; a proposal is a branch that waits.

What must be mended is a branch too: its commit changes nothing and its message says it all.
"""

from __future__ import annotations

from deepcat.forge.git import Repository
from deepcat.forge.values import Issue, Proposal


class Bare:
    """The inbox of a repository that has no forge around it, or one of which Git alone is used.

    Args:
        git: the repository, or a clone of it.
        base: the branch that is the truth.
        remote: where the branches wait, for a clone; empty when they wait here.
    """

    def __init__(self, git: Repository, base: str = "main", remote: str = "") -> None:
        self._git = git
        self._base = base
        self._remote = remote

    def put_proposal(self, proposal: Proposal) -> str:
        """Let the branch of this key hold the change; gives the branch's name."""
        if proposal.head:
            return proposal.branch
        text = f"{proposal.title}\n\n{proposal.body}"
        base = self._tip(proposal.base)
        if not self._git.put_commit(proposal.branch, base, proposal.parts, text):
            return ""
        return self._shown(proposal.branch)

    def put_issue(self, issue: Issue) -> str:
        """Let the branch of this key say what to mend; gives the branch's name."""
        branch = f"deepcat/{issue.key}"
        base = self._tip(self._base)
        self._git.put_commit(branch, base, {}, f"{issue.title}\n\n{issue.body}")
        return self._shown(branch)

    def open_keys(self) -> frozenset[str]:
        """The keys of all branches that wait."""
        names = self._git.branches("deepcat", self._remote)
        return frozenset(name.removeprefix("deepcat/") for name in names)

    def close(self, key: str, reason: str) -> None:  # noqa: ARG002 - a branch cannot keep a reason
        """Let there be no branch of this key."""
        if key in self.open_keys():
            self._git.delete_branch(f"deepcat/{key}", self._remote)

    def _tip(self, branch: str) -> str:
        """The commit to build upon; what waits at the remote is known here from now on."""
        theirs = ""
        if self._remote:
            self._git.fetch(self._remote, "+refs/heads/deepcat/*:refs/heads/deepcat/*")
            theirs = self._git.commit(f"refs/remotes/{self._remote}/{branch}")
        return theirs or self._git.commit(f"refs/heads/{branch}")

    def _shown(self, branch: str) -> str:
        if self._remote:
            self._git.push_branch(branch, self._remote)
        return branch
