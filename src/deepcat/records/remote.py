"""A remote's ref as the truth: fetch before reading, push by compare-and-swap."""

from __future__ import annotations

import uuid

from deepcat.records import git as plumbing
from deepcat.records import layout as lay
from deepcat.records.git import ConflictError, Plumbing, failed

_SEEN = "refs/deepcat/remote/records"
_MOVED = ("stale info", "[rejected]", "cannot lock ref", "failed to update ref")


class Remote:
    """The records of a remote.

    Args:
        git: the clone.
        name: the remote's name or address.
        ref: of the records, here and there.
    """

    def __init__(self, git: Plumbing, name: str, ref: str) -> None:
        self._git = git
        self._name = name
        self._ref = ref
        self._tip = ""

    def base(self, prefix: str) -> str:
        """Fetch; gives the commit to build upon, which holds what is here and what is there.

        Raises:
            DeepcatError: the remote cannot be reached.
            ConflictError: another process works on the same refs.
        """
        self._tip = self._fetch()
        local = self._git.commit_of(self._ref)
        if not self._tip or local == self._tip:
            return local
        if local and self._git.is_ancestor(self._tip, local):
            return local
        if local and not self._git.is_ancestor(local, self._tip):
            return self._merge(local, prefix)
        self._move(self._tip, local)
        return self._tip

    def write(self, base: str, prefix: str, edit: lay.Edit, message: str) -> None:
        """Make a commit upon `base` and push it.

        Raises:
            ConflictError: the remote's ref has moved.
            DeepcatError: Git failed, or the remote refuses.
        """
        mine = f"refs/deepcat/push/{uuid.uuid4().hex}"
        try:
            self._git.commit(mine, "", (base,) if base else (), prefix, edit, message)
            self._push(mine)
            self._git.out("update-ref", self._ref, mine)
        finally:
            self._git.out("update-ref", "-d", mine)

    def _fetch(self) -> str:
        spec = f"+{self._ref}:{_SEEN}"
        done = self._git.run(("fetch", "--quiet", "--no-tags", self._name, spec))
        if done.returncode == 0:
            return self._git.commit_of(_SEEN)
        error = done.stderr.decode(errors="replace")
        if "couldn't find remote ref" in error:
            return ""
        if "cannot lock ref" in error or ".lock'" in error:
            raise ConflictError("another process fetches")
        raise failed(error)

    def _push(self, ref: str) -> None:
        lease = f"--force-with-lease={self._ref}:{self._tip}"
        argv = ("push", "--porcelain", "--no-verify", lease, self._name, f"{ref}:{self._ref}")
        done = self._git.run(argv)
        if done.returncode == 0:
            return
        text = (done.stdout + done.stderr).decode(errors="replace")
        if any(sign in text for sign in _MOVED):
            raise ConflictError("the remote's ref moved")
        raise failed(text)

    def _move(self, new: str, old: str) -> None:
        done = self._git.run(("update-ref", self._ref, new, old or "0" * len(new)))
        if done.returncode:
            raise ConflictError(done.stderr.decode(errors="replace"))

    def _merge(self, local: str, prefix: str) -> str:
        """Bring together what was written here alone and there alone.

        Where both changed one record, the remote's stays; the other one is in the history.
        """
        common = self._git.run(("merge-base", local, self._tip)).stdout.decode().strip()
        old, ours, theirs = (self._by_name(commit, prefix) for commit in (common, local, self._tip))
        taken = {
            name: ours.get(name)
            for name in sorted({*old, *ours})
            if ours.get(name) != old.get(name) and theirs.get(name) == old.get(name)
        }
        with self._git.objects() as objects:
            _, layout = plumbing.layout(objects, self._tip, prefix)
        edit, _ = lay.edit(layout, theirs.keys() & taken.keys(), taken)
        merged = f"refs/deepcat/merge/{uuid.uuid4().hex}"
        names = ", ".join(taken) or "nothing new"
        message = f"Merge records that were written in a clone: {names}"
        try:
            self._git.commit(merged, "", (self._tip, local), prefix, edit, message)
            commit = self._git.commit_of(merged)
            self._move(commit, local)
        finally:
            self._git.out("update-ref", "-d", merged)
        return commit

    def _by_name(self, commit: str, prefix: str) -> dict[str, str]:
        found = plumbing.texts(self._git, commit, prefix)
        return {lay.name_of(path): text for path, text in found.items() if lay.name_of(path)}
