"""A remote's ref as the truth: fetched before it is read, pushed by compare-and-swap."""

from __future__ import annotations

import re
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass

from deepcat import git as program
from deepcat.errors import DeepcatError
from deepcat.records import layout as lay
from deepcat.records.git import ConflictError, Plumbing, failed
from deepcat.records.joining import merge
from deepcat.records.refusal import refusal, unreachable
from deepcat.records.stamp import Stamps
from deepcat.records.told import tell

# What was done and could not be pushed: the commit until which the remote does not have it.
UNPUSHED = "refs/deepcat/records/unpushed"
_SEEN = "refs/deepcat/remote/records"
_PUSH = "refs/deepcat/push/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*\Z")
_MOVED = ("stale info", "[rejected]", "cannot lock ref", "failed to update ref")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a remote is asked for what is to be read; for what is written it is always asked.

    Attributes:
        is_needed: whether it is an error that it cannot be had; else the last known records are
            read, and that is said.
        max_age_s: what was fetched so long ago at most is new enough.
        is_offline: whether it is not asked at all.
        timeout_s: how long it may take to answer.
    """

    is_needed: bool = True
    max_age_s: float = 0.0
    is_offline: bool = False
    timeout_s: float = 60.0


class Remote:
    """The records of a remote.

    Args:
        git: the clone.
        name: the remote's name or address.
        ref: of the records, here and there.
        manner: how it is asked.
    """

    def __init__(self, git: Plumbing, name: str, ref: str, manner: Manner | None = None) -> None:
        self._git = git
        self.name = name
        self._ref = ref
        self._manner = manner or Manner()
        self._tip = ""
        self._left: tuple[str, ...] = ()
        is_named = _NAME.match(name)
        self._seen = f"refs/remotes/{name}/{ref.removeprefix('refs/heads/')}" if is_named else _SEEN

    def known(self, prefix: str) -> str:
        """The commit to read: of what is there now, or of what was there when it could be had.

        Raises:
            DeepcatError: the remote cannot be had, and it is needed.
            ConflictError: another process works on the same refs.
        """
        if self._manner.is_needed:
            return self.base(prefix)
        before = self._refs()
        is_fetched = not self._manner.is_offline and self._fetch_if_due()
        now = self._refs() if is_fetched else before
        self._tip = now.get(self._seen, "")
        commit = self._joined_to_read(before, now, prefix)
        if is_fetched and UNPUSHED in now:
            self._push_kept(commit)
        return commit

    def base(self, prefix: str) -> str:
        """Fetch; gives the commit to build upon, which holds what is here and what is there.

        Raises:
            DeepcatError: the remote cannot be reached, or asking it was forbidden.
            ConflictError: another process works on the same refs.
        """
        if self._manner.is_offline:
            raise unreachable(self.name, "it is not asked, since deepcat is to stay offline")
        before = self._refs()
        self._tip = self._fetch()
        return self._joined(before, before.get(self._ref, ""), prefix)

    def write(self, base: str, prefix: str, edit: lay.Edit, message: str) -> None:
        """Make a commit upon `base` and push it.

        Raises:
            ConflictError: the remote's ref has moved.
            DeepcatError: Git failed, or the remote refuses.
        """
        mine = f"{_PUSH}{uuid.uuid4().hex}"
        try:
            self._git.commit(mine, "", (base,) if base else (), prefix, edit, message)
            self._push(mine)
            self._pushed(self._git.commit_of(mine))
        finally:
            self._git.out("update-ref", "-d", mine)

    def keep(self, commit: str) -> None:
        """Note that what leads to a commit is here alone; the next command pushes it."""
        self._git.out("update-ref", UNPUSHED, commit)
        self._stamps.forget()

    def impose(self) -> None:
        """Let the remote's ref be what ours is, in the place of what was fetched last.

        Raises:
            DeepcatError: it has moved since (``records/busy``), cannot be had, or refuses.
        """
        commit = self._git.commit_of(self._ref)
        try:
            self._push(commit)
        except ConflictError:
            raise DeepcatError(
                f"the records of `{self.name}` have moved since they were looked at",
                hint="run the same command again",
                code="records/busy",
            ) from None
        self._git.run(
            ("update-ref", self._seen, commit) if commit else ("update-ref", "-d", self._seen)
        )

    @property
    def _stamps(self) -> Stamps:
        return Stamps(self._git.place.git_folder, self.name)

    def _refs(self) -> dict[str, str]:
        """The commits of our ref, of the remote's as it was seen last, and of what is unpushed."""
        wanted = (self._ref, self._seen, UNPUSHED)
        asked = ("for-each-ref", "--format=%(refname) %(objectname)", *wanted, _PUSH)
        found = dict(line.split(" ") for line in self._git.out(*asked).decode().splitlines())
        self._left = tuple(name for name in found if name.startswith(_PUSH))
        return {name: found[name] for name in wanted if name in found}

    def _fetch_if_due(self) -> bool:
        """Whether the remote's records were fetched now; says where they should have been."""
        stamp, now = self._stamps.read(), time.time()
        why = stamp.why if stamp.tried else ""
        if stamp.is_due(self._manner.max_age_s, now):
            try:
                self._fetch()
            except DeepcatError as error:
                why = error.message
                self._stamps.failed(why)
            else:
                return True
        if why:
            age = stamp.age(now)
            last = f"; known are those of {age}" if age else "; what was seen last is known"
            tell(f"note: {why}{last}")
        return False

    def _joined_to_read(self, before: dict[str, str], now: dict[str, str], prefix: str) -> str:
        """As `_joined`; where nothing can be written here, what is there is read all the same."""
        local = now.get(self._ref, "")
        try:
            return self._joined(before, local, prefix)
        except DeepcatError as error:
            if error.code != "records/key" and (error.code != "records/git" or not self._tip):
                raise
            tell(f"note: the records of `{self.name}` are read without this clone's own:"
                 f" {error.message}")  # fmt: skip
            return self._tip

    def _joined(self, before: dict[str, str], local: str, prefix: str) -> str:
        """The commit that holds what is here and what is there; our ref points to it then."""
        tip = self._tip
        if not tip or local == tip:
            return local
        # What was there once and is there no more was taken away there: it is not ours to keep.
        known = filter(None, (tip, before.get(self._seen, "")))
        if not local or any(self._git.is_ancestor(local, each) for each in known):
            self._git.move(self._ref, tip, local)
            return tip
        if self._git.is_ancestor(tip, local):
            return local
        return merge(self._git, self._ref, local, tip, prefix)

    def _fetch(self) -> str:
        words = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        spec = f"+{self._ref}:{self._seen}"
        done = self._ask(("fetch", *words, "--", self.name, spec))
        error = done.stderr.decode(errors="replace")
        if done.returncode == 0:
            self._stamps.fetched()
            return self._git.commit_of(self._seen)
        if "couldn't find remote ref" in error:
            self._stamps.fetched()
            self._git.run(("update-ref", "-d", self._seen))
            return ""
        if "cannot lock ref" in error or ".lock'" in error:
            raise ConflictError("another process fetches")
        raise refusal(self.name, error) or failed(error)

    def _push(self, source: str) -> None:
        lease = f"--force-with-lease={self._ref}:{self._tip}"
        words = ("push", "--porcelain", "--no-verify", lease)
        done = self._ask((*words, "--", self.name, f"{source}:{self._ref}"))
        if done.returncode == 0:
            return
        text = (done.stdout + done.stderr).decode(errors="replace")
        if any(sign in text for sign in _MOVED):
            raise ConflictError("the remote's ref moved")
        raise refusal(self.name, text) or failed(text)

    def _pushed(self, commit: str) -> None:
        """Know here what the remote has now."""
        lines = [f"update {ref} {commit}" for ref in (self._ref, self._seen)]
        # Whoever writes is alone here: what others began to push was left by who was killed.
        lines += [f"delete {ref}" for ref in (UNPUSHED, *self._left)]
        self._git.out("update-ref", "--stdin", stdin="\n".join([*lines, ""]).encode())

    def _push_kept(self, commit: str) -> None:
        """Push what was done and could not be pushed then; what cannot be pushed now stays."""
        self._left = ()  # who looks is not alone
        if commit == self._tip:
            self._git.run(("update-ref", "-d", UNPUSHED))
            return
        try:
            self._push(commit)
        except DeepcatError as error:
            tell(f"note: what was done here is still not at `{self.name}`: {error.message}")
        except ConflictError:
            return  # the next command finds what is there then
        else:
            with suppress(DeepcatError):
                self._pushed(commit)
            tell(f"note: what was done here is at `{self.name}` now")

    def _ask(self, argv: tuple[str, ...]) -> program.Done:
        try:
            return program.ask(self._git.root, argv, self._manner.timeout_s)
        except DeepcatError as error:
            if error.code != "git/timeout":
                raise
            raise unreachable(self.name, error.message) from None
