"""EDGE: a store of models on a WebDAV server, in a container of Swift or S3, by `rclone`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.host.data.address import address_of
from deepcat.host.failure import StepError
from deepcat.loop.trained.stores.seam import Found, Place, failed, statement_of, sum_of
from deepcat.runs import rclone
from deepcat.secrets.resolve import resolve

# What rclone's exit status says of a folder, or a file, that is not there.
_NOWHERE = (3, 4)
_MOST_LISTED = 1 << 28
_TRYING = ("--ignore-times", "--no-traverse", "--retries=1", "--low-level-retries=2")


class Copied:
    """A store that rclone copies to, moves in and lists.

    Args:
        place: with an address as ``webdavs://HOST/…``, ``swift://…`` or ``s3://BUCKET/…``.

    Raises:
        DeepcatError: the address is none (``store/failed``).
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        try:
            where = address_of(place.address)
        except ValueError as error:
            raise failed(place, f"its address {error}") from None
        if where.store == "swift" and not place.endpoint:
            raise failed(place, "`endpoint`, at which Swift lets us in, is not given")
        given = {"endpoint": place.endpoint, "tenant": place.tenant}
        user, secret = (each and resolve(each) for each in (place.key, place.secret))
        self._told = rclone.environment_of(where, given, user, secret)
        if where.store == "s3" and not user:
            self._told |= rclone.own_login()
        self._root = rclone.remote_of(where)

    def address(self, name: str, size: int) -> str:  # noqa: ARG002 - of others
        """See `Backend`."""
        return f"{self._place.public}/{name}"

    def beside(self, name: str, size: int) -> Mapping[str, bytes]:  # noqa: ARG002 - of others
        """See `Backend`."""
        return {}

    def write(self, archive: Path) -> str:
        """See `Backend`."""
        part = f"parts/{uuid4().hex}"
        try:
            self._run("copyto", str(archive), self._at(part), *_TRYING)
        except BaseException:
            self.drop(part)
            raise
        return part

    def read(self, path: str) -> Iterator[bytes]:
        """See `Backend`."""
        with self._said():
            yield from rclone.stream(["cat", self._at(path)], self._told)

    def name(self, path: str, name: str) -> None:
        """See `Backend`."""
        # Without the word it takes what has the name already for the same where the sizes agree.
        self._run("moveto", self._at(path), self._at(name), "--ignore-times")

    def drop(self, path: str) -> None:
        """See `Backend`."""
        with suppress(DeepcatError):
            self.delete(Found(path, 0))

    def lay(self, name: str, content: bytes) -> None:
        """See `Backend`."""
        self._run("rcat", self._at(statement_of(name)), content=content)

    def find(self, name: str) -> Found | None:
        """See `Backend`."""
        folder, _, last = name.rpartition("/")
        return next((each for each in self._listed(folder) if each.path.endswith(f"/{last}")), None)

    def models(self) -> Mapping[str, Found]:
        """See `Backend`."""
        return {found: each for each in self._listed("sha256") if (found := sum_of(each.path))}

    def parts(self) -> tuple[Found, ...]:
        """See `Backend`."""
        return tuple(self._listed("parts"))

    def delete(self, found: Found) -> None:
        """See `Backend`."""
        path = found.path
        folder, _, last = path.rpartition("/")
        # A file that is not there is a failure of `deletefile`, and none of this.
        own = [f"--include=/{last}"]
        if sum_of(path):
            own += [f"--include=/{statement_of(path).rpartition('/')[2]}"]
        self._run("delete", self._at(folder), *own)

    def _listed(self, below: str) -> list[Found]:
        """All files below a folder; none where there is no such folder."""
        # Swift keeps a file's own time, too, which is no time of this store's.
        words = ("-R", "--files-only", "--use-server-modtime", "--no-mimetype")
        rows = read_json(self._run("lsjson", self._at(below), *words) or b"[]", _MOST_LISTED)
        return [
            Found(f"{below}/{row['Path']}", datetime.fromisoformat(row["ModTime"]).timestamp())
            for row in rows
        ]

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _run(self, *argv: str, content: bytes = b"") -> bytes:
        """What rclone says; nothing where it says that there is no such thing."""
        with self._said():
            return rclone.asked(argv, self._told, content, fine=_NOWHERE)

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except StepError as error:
            if error.code == "data/rclone":
                raise DeepcatError(error.message, hint=error.hint, code="extra/missing") from None
            raise failed(self._place, error.message) from None
