"""The records ref as a database with compare-and-swap.

Only Git's plumbing is used, so neither the work tree nor the index is touched. A writer builds its
commit upon the one it read; if the ref has moved meanwhile, Git refuses and the writer reads again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deepcat.catalog.findings import Finding, Place
from deepcat.errors import DeepcatError
from deepcat.records import entries, held_trainings, history
from deepcat.records import layout as lay
from deepcat.records.audit import facts
from deepcat.records.cache import parsed
from deepcat.records.curves import Curves
from deepcat.records.entries import LogEntry
from deepcat.records.foreign import require_ours
from deepcat.records.git import ConflictError, Plumbing, Sign, blobs, contents, layout, texts
from deepcat.records.record import Record, from_data, from_text, of_name, to_text
from deepcat.records.signatures import VOUCHES, Trust
from deepcat.records.signing import Signing, missing_key
from deepcat.records.stream import Objects, with_fact
from deepcat.records.trail import Signed, Step, commit_of, trail
from deepcat.records.trainings import Training

if TYPE_CHECKING:
    from deepcat.records.remote import Manner, Remote

T = TypeVar("T")

REF = "refs/heads/records"
PATIENCE_S = 60.0
_VOUCHING = 64


class Store:
    """The records of one catalog.

    Args:
        root: a folder in a Git work tree, or a bare repository.
        remote: a remote's name or address whose ref is the truth; empty for this repository's own.
        prefix: the catalog's folder in the repository, for a bare one; else found out.
        manner: how the remote is asked; each time, and by all means, when None.
        branch: as in `Trust`.
    """

    def __init__(
        self,
        root: Path,
        *,
        remote: str = "",
        prefix: str | None = None,
        manner: Manner | None = None,
        branch: str | None = None,
    ) -> None:
        self.root = root
        self._git = Plumbing(root)
        self._remote = _remote(self._git, remote, manner) if remote else None
        self._given_prefix = prefix
        self._branch = branch
        self._git.signer = self._signer

    @cached_property
    def prefix(self) -> str:
        """The catalog's folder in the repository, empty or ending in `/`."""
        return self._git.place.prefix if self._given_prefix is None else self._given_prefix

    @cached_property
    def trust(self) -> Trust:
        """What of the records can be believed."""
        remote = self._remote.name if self._remote else "origin"
        return Trust(self._git, self.prefix, remote, self._branch)

    def read_all(self) -> dict[str, Record]:
        """All records by name.

        Raises:
            DeepcatError: outside Git (``records/no-git``), a record is damaged, or the records
                cannot be believed (as `Trust.require`).
        """
        tip = self._persist(self._known)
        self.trust.require(tip)
        found = blobs(self._git, tip, self.prefix)
        named = {name: blob for path, blob in found.items() if (name := lay.name_of(path))}
        if not named:
            require_ours(self._git, tip)
        data = parsed(self.root, named, lambda ids: contents(self._git, ids))
        return {name: of_name(from_data(data[blob], name), name) for name, blob in named.items()}

    def read_texts(self, folder: str = lay.FOLDER) -> dict[str, str]:
        """Every file of the ref below the catalog's folder, by its path from there."""
        return texts(self._git, self._persist(self._known), self.prefix, folder)

    def read_trainings(self) -> dict[str, Training]:
        """All trainings by id; raises as `read_all`."""
        tip = self._persist(self._known)
        self.trust.require(tip)
        return held_trainings.read_all(self._git, tip, self.prefix, self.root)

    def read_curves(self, training: str) -> Curves:
        """The curves of a training; none where none are kept."""
        tip = self._persist(self._known)
        self.trust.require(tip)
        return held_trainings.read_curves(self._git, tip, self.prefix, training)

    def curve_ids(self) -> dict[str, str]:
        """Training's id -> the id of the content of its curves, of all that have some."""
        tip = self._persist(self._known)
        self.trust.require(tip)
        return held_trainings.curve_ids(self._git, tip, self.prefix)

    def some_curves(self, ids: Sequence[str]) -> dict[str, Curves]:
        """Content's id -> the curves in it, of ids that `curve_ids` gave."""
        return held_trainings.some_curves(self._git, ids)

    def update_training(
        self,
        training: str,
        change: Callable[[Training | None], Training | None],
        message: str,
        curves: Curves | None = None,
    ) -> Training | None:
        """Change one training's record by compare-and-swap; as `update`, but none is taken away.

        Args:
            training: its id.
            change: as in `update`; what gives None, or the same, writes nothing.
            message: the commit's.
            curves: that are written with it; None leaves those that are there.
        """

        def attempt() -> Training | None:
            base = self._base()
            self.trust.require(base)
            found = held_trainings.changed(self._git, base, self.prefix, training, change, curves)
            if found.edit is not None:
                require_ours(self._git, base)
                self._write(base, found.edit, self._vouching(base, message))
            return found.after

        with self._git.queue():
            return self._persist(attempt)

    def put_training(self, training: Training, message: str, curves: Curves | None = None) -> None:
        """Write one training's record, whatever is there; as `update_training`."""
        self.update_training(training.training, lambda _: training, message, curves)

    def read(self, name: str) -> Record | None:
        """One record, or None.

        Raises:
            DeepcatError: as `read_all`.
        """
        base = self._persist(self._known) if self._remote else REF
        _ = self.prefix  # fails clearly outside Git
        with self._git.objects() as objects:
            return self._read_before(objects, base, (name,))[1].get(name)

    def update(
        self, name: str, change: Callable[[Record | None], Record | None], message: str
    ) -> Record | None:
        """Change one record; `change` is asked again when another writer was first.

        Args:
            name: the deployment's.
            change: from the record now (None: there is none) to what it shall be (None: removed).
                What it raises ends the update; the same record again writes nothing. It must not
                itself write records.
            message: the commit's, readable.

        Returns:
            What `change` gave last.

        Raises:
            DeepcatError: outside Git, Git failed (``records/git``), or others write without end
                (``records/busy``).
        """
        return self.update_all((name,), lambda _, record: change(record), message)[name]

    def update_all(
        self,
        names: Iterable[str],
        change: Callable[[str, Record | None], Record | None],
        message: str,
    ) -> dict[str, Record | None]:
        """Change many records by one commit; as `update`."""
        wanted = tuple(lay.require_name(name) for name in names)
        with self._git.queue():
            return self._persist(lambda: self._attempt(wanted, change, message))

    def settle(
        self,
        name: str,
        change: Callable[[Record | None], Record | None],
        message: str,
        *,
        keep: bool = True,
    ) -> str:
        """Change one record by what was done: it must not be forgotten, whatever the remote says.

        Args:
            name: the deployment's.
            change: as in `update`.
            message: the commit's.
            keep: whether this clone lasts, so that it may keep what the remote does not take now.

        Returns:
            Why the remote does not have it yet, so that it is kept in this clone until the next
            command pushes it; empty when it has.
        """
        from deepcat.records.refusal import NOT_HAD

        try:
            self.update(name, change, message)
        except DeepcatError as error:
            if self._remote is None or not keep or error.code not in NOT_HAD:
                raise
            with self._git.queue():
                self._persist(
                    lambda: self._attempt((name,), lambda _, now: change(now), message, here=True)
                )
            self._remote.keep(self._git.commit_of(REF))
            return error.message
        return ""

    def replace_all(self, records: Mapping[str, Record], message: str) -> None:
        """Write records by one commit, whatever is there, even what cannot be read."""
        new = {lay.require_name(name): to_text(record) for name, record in records.items()}
        with self._git.queue():
            self._persist(lambda: self._overwrite(new, message))

    def log(self, name: str = "", limit: int = 20) -> tuple[LogEntry, ...]:
        """The newest commits, of one deployment or of all."""
        return entries.newest(self._git, self._persist(self._known), self.prefix, name, limit)

    def past(self, name: str) -> Iterator[Record]:
        """The record of one deployment as each commit left it, newest first.

        What cannot be read, and the commits that took it away, are left out.
        """
        tip = self._persist(self._known)
        self.trust.require(tip)
        return entries.past(self._git, tip, self.prefix, name)

    def recent(self, limit: int = 20, commits: int = 20_000) -> dict[str, tuple[LogEntry, ...]]:
        """Each deployment's newest commits, newest first, by one look at the log.

        Args:
            limit: of each deployment.
            commits: how far back to look; the log of many years is long.
        """
        return entries.recent(self._git, self._persist(self._known), self.prefix, limit, commits)

    def steps(self) -> Iterator[tuple[Step, Signed | None]]:
        """Every change of every record, newest first, with the catalog's commit that it applied.

        That commit is None where the message names none, or one that is not in this clone.
        """
        tip = self._persist(self._known)
        with self._git.objects() as objects:
            for step in trail(self._git, tip, self.prefix):
                named = str(facts(step.commit.body).get("commit", ""))
                yield step, commit_of(objects, named)

    def fetched(self) -> str:
        """The commit that is the truth now, whether or not it can be believed; empty if none is."""
        with self._git.queue():
            return self._persist(self._base)

    def impose(self) -> None:
        """Let the remote have what this clone has, in the place of what was fetched last.

        Raises:
            DeepcatError: it has moved since (``records/busy``), cannot be had, or refuses.
        """
        if self._remote:
            self._remote.impose()

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try until no other writer was first."""
        deadline = time.monotonic() + PATIENCE_S
        pause = 0.005
        lock = ""
        while True:
            try:
                return attempt()
            except ConflictError as error:
                lock = lock or self._git.lock_on(REF)
                if time.monotonic() > deadline:
                    if lock and self._git.unlock(REF, lock):
                        lock, deadline = "", time.monotonic() + PATIENCE_S
                        continue
                    raise DeepcatError(
                        f"the records could not be written for {PATIENCE_S:.0f} s: {error}",
                        hint="others write all the time; try again later",
                        code="records/busy",
                    ) from None
            time.sleep(random.uniform(0, pause))  # noqa: S311 - not for secrecy
            pause = min(pause * 2, 0.5)

    def _known(self) -> str:
        """The commit that is read; empty when there are no records."""
        return self._remote.known(self.prefix) if self._remote else self._git.commit_of(REF)

    def _base(self) -> str:
        """The commit that is the truth now; empty when there are no records."""
        return self._remote.base(self.prefix) if self._remote else self._git.commit_of(REF)

    def _attempt(
        self,
        names: tuple[str, ...],
        change: Callable[[str, Record | None], Record | None],
        message: str,
        *,
        here: bool = False,
    ) -> dict[str, Record | None]:
        _ = self.prefix
        base = self._base() if self._remote and not here else REF
        with self._git.objects() as objects:
            commit, before, found = self._read_before(objects, base, names)
        after = {name: _noted(before.get(name), change(name, before.get(name))) for name in names}
        differing = {name: record for name, record in after.items() if record != before.get(name)}
        if differing:
            new = {name: to_text(r) if r else None for name, r in differing.items()}
            edit, _layout = lay.edit(found, before.keys() & differing.keys(), new)
            self._write(commit, edit, self._vouching(commit, message), here=here)
        return after

    def _overwrite(self, new: Mapping[str, str], message: str) -> None:
        base = self._base()
        with self._git.objects() as objects:
            commit, found = layout(objects, base, self.prefix)
        if found == lay.Layout():
            require_ours(self._git, commit)
        self._write(commit, lay.edit(found, (), new)[0], message)

    def _read_before(
        self, objects: Objects, base: str, names: tuple[str, ...]
    ) -> tuple[str, dict[str, Record], lay.Layout]:
        commit, found = layout(objects, base, self.prefix)
        self.trust.require(commit)
        if found == lay.Layout():
            require_ours(self._git, commit)
        before: dict[str, Record] = {}
        for name in names if commit else ():
            blob = objects.get(f"{commit}:{self.prefix}{found.path(name)}")
            if blob is not None:
                text = blob[1].decode(errors="replace")
                before[name] = of_name(from_text(text, name), name)
        return commit, before, found

    def doubt(self) -> tuple[Finding, ...]:
        """Why the records cannot be believed; empty when they can."""
        try:
            self.trust.require(self._persist(self._known))
        except DeepcatError as error:
            return (Finding(Place(REF), error.code, error.message, error.hint),)
        return ()

    def _signer(self) -> Sign | None:
        """What signs a commit by this machine's key; None where nobody must and none is given."""
        signing = Signing(self._git)
        if not self.trust.allowed:
            return signing.signed if signing.where else None
        if not signing.where:
            raise missing_key()

        def sign(commit: str) -> str:
            signed = signing.signed(commit)
            self.trust.require_signed(signed)
            return signed

        return sign

    def _vouching(self, base: str, message: str) -> str:
        """The message, with the line by which some commits vouch for all before them.

        What is written here is built upon what was verified, so that a fresh clone need not verify
        the whole history again: about one in `_VOUCHING` says so, told by its parent's id.
        """
        if not base or int(base[:8], 16) % _VOUCHING or not self.trust.allowed:
            return message
        return with_fact(message, f"{VOUCHES}: yes")

    def vouch(self) -> str:
        """Sign for all records until now; gives the commit from which on they are believed.

        Raises:
            DeepcatError: there are none (``records/none``), or this machine has no key for them
                (``records/key``).
        """
        if not Signing(self._git).where:
            raise missing_key()
        with self._git.queue():
            tip = self._persist(self._base)
            if not tip:
                raise DeepcatError(
                    "there are no records to sign for",
                    hint="they are signed as they come",
                    code="records/none",
                )
            message = f"Vouch for all records until now\n\n{VOUCHES}: yes"
            self._write(tip, lay.Edit({}, (), {}), message)
            tip = self._git.commit_of(REF)
            self.trust.remember(tip)
            return tip

    def _write(self, base: str, edit: lay.Edit, message: str, *, here: bool = False) -> None:
        if self._remote and not here:
            self._remote.write(base, self.prefix, edit, message)
        else:
            self._git.commit(REF, base, (base,) if base else (), self.prefix, edit, message)
        if not base:
            # Lost records are written anew here, knowingly: they go on from nothing that was seen.
            self.trust.remember(self._git.commit_of(REF))


def _remote(git: Plumbing, name: str, manner: Manner | None) -> Remote:
    from deepcat.records.remote import Remote

    return Remote(git, name, REF, manner)


def _noted(before: Record | None, after: Record | None) -> Record | None:
    """The record with its history; what stays the same is left as it is."""
    if after is None or after == before:
        return after
    return history.noted(before, after, datetime.now(UTC).isoformat(timespec="seconds"))
