"""EDGE: files of a store, by the program `rclone`, which is told where by its environment alone.

No secret stands in an argument or a file; the answer of the program is masked and bounded.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deepcat.host.data import stores, web
from deepcat.host.data.address import Address
from deepcat.host.data.manifest import Manifest, Piece
from deepcat.host.data.part import opened, part_of
from deepcat.host.failure import StepError
from deepcat.secrets.mask import mask

_PATIENCE_S = 24 * 3600
_TRIES, _CHUNK = 3, 1 << 20
# How the kits of Amazon's makers find who one is.
_AWS = frozenset(
    f"AWS_{each}"
    for each in (
        *("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "CONFIG_FILE"),
        *("SHARED_CREDENTIALS_FILE", "ROLE_ARN", "WEB_IDENTITY_TOKEN_FILE", "REGION"),
    )
)


def copy(
    where: Address,
    files: Manifest | None,
    into: Path,
    most: int,
    given: Mapping[str, str],
    secret: str,
) -> None:
    """Copy files of a store into a folder; what lies there already, whole, is not asked for.

    Args:
        where: of kind ``rclone``.
        files: which; None for all that lie there.
        into: the folder; it is made.
        most: bytes of all together; more is not taken.
        given: `endpoint`, `region` and `tenant`, where the data set names them.
        secret: that lets us in; empty for none.

    Raises:
        StepError: the program is not there (``data/rclone``), or they cannot be had
            (``data/source``).
    """
    into.mkdir(parents=True, exist_ok=True)
    one = files is not None and len(files.pieces) == 1 and files.pieces[0].path == where.name
    base = where.base.rstrip("/")
    if one:
        base = base.rpartition("/")[0]
    argv = ["copy", f"{stores.remote(where)}:{base}", str(into), "--transfers=8", "--retries=3"]
    argv += [f"--max-transfer={most}B", "--cutoff-mode=hard", "--no-traverse"]
    listed = None
    if files is not None:
        listed = into.with_name(f"{into.name}.list")
        listed.write_text("".join(f"{each.path}\n" for each in files.pieces), "utf-8")
        argv += [f"--files-from-raw={listed}"]
    try:
        _run(argv, environment(where, given, secret))
    finally:
        if listed is not None:
            listed.unlink(missing_ok=True)


def pour(
    where: Address,
    path: str,
    piece: Piece,
    target: Path,
    most: int,
    given: Mapping[str, str],
    secret: str,
) -> int:
    """Bring one file of a store, on from where it was cut.

    Args:
        where: as `copy` takes it.
        path: of the file in the storage, as `where.base` is of all.
        piece: what it must be.
        target: where it lies then; beside it a part holds what came so far.
        most: bytes; more is not taken.
        given: as `copy` takes it.
        secret: as `copy` takes it.

    Returns:
        The bytes that were sent.

    Raises:
        StepError: as of `copy`; or it is another file (``data/changed``).
    """
    part = part_of(target)
    remote = stores.remote(where)
    told = environment(where, given, secret)
    fresh, sent, failed, why = not part.exists(), 0, 0, ""
    while failed < _TRIES:
        begun = part.stat().st_size if part.exists() else 0
        known, why = _poured([f"{remote}:{path}", f"--offset={begun}"], told, part, most)
        came = part.stat().st_size - begun
        sent += came
        if known == piece.sha256:
            part.replace(target)
            return sent
        if not why:
            part.unlink()
            if fresh:
                raise web.changed(path, known, piece.sha256)
            fresh = True  # what lay here may have been of an older one: once more from the start
        elif not came:
            failed += 1
    raise _cannot(why)


def _poured(
    argv: Iterable[str], environment: Mapping[str, str], part: Path, most: int
) -> tuple[str, str]:
    """Ask once; gives the sha256 of all that came, and what rclone says where it was cut."""
    known = hashlib.sha256()
    with opened(part, goes_on=True) as out, tempfile.TemporaryFile() as said:
        out.seek(0)
        while chunk := out.read(_CHUNK):
            known.update(chunk)
        begin = [_program(), "cat", "--retries=1", *argv]
        pipe = subprocess.PIPE
        with subprocess.Popen(begin, env=dict(environment), stdout=pipe, stderr=said) as process:
            assert process.stdout  # noqa: S101 - asked for above
            while chunk := process.stdout.read(_CHUNK):
                known.update(chunk)
                out.write(chunk)
                if out.tell() > most:
                    process.kill()
                    out.truncate(0)
                    message = f"the store sends more than the {most} bytes that are told"
                    hint = "correct `bytes`, or the address"
                    raise StepError("module", "data/size", message, hint)
        said.seek(0)
        last = _last(said.read(1 << 20))
    return known.hexdigest(), last if process.returncode else ""


def remote_of(where: Address) -> str:
    """What rclone calls an address."""
    return stores.remote_of(where)


def environment(where: Address, given: Mapping[str, str], secret: str) -> dict[str, str]:
    """What tells rclone of a store.

    Args:
        where: of kind ``rclone``.
        given: as `copy` takes it.
        secret: as `copy` takes it.

    Raises:
        StepError: as of `copy`.
    """
    with _telling():
        return stores.environment(where, given, secret)


def environment_of(
    where: Address, given: Mapping[str, str], first: str, rest: str
) -> dict[str, str]:
    """The same, of a user's name, which may have colons, and a secret."""
    with _telling():
        return stores.environment_of(where, given, first, rest)


def own_login() -> dict[str, str]:
    """What lets rclone log in to S3 as whoever calls us, by its environment or machine."""
    kept = {name: value for name, value in os.environ.items() if name in _AWS}
    return {**kept, f"RCLONE_CONFIG_{stores.OWN}_ENV_AUTH": "true"}


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _program()
        raise _cannot(str(error)) from None


def _run(argv: Iterable[str], environment: Mapping[str, str]) -> str:
    return asked(argv, environment).decode("utf-8", "replace")


def asked(
    argv: Iterable[str],
    environment: Mapping[str, str],
    given: bytes = b"",
    fine: Collection[int] = (),
) -> bytes:
    """What rclone says.

    Args:
        argv: what it is asked.
        environment: as `environment` gives it.
        given: to its standard input.
        fine: exit statuses with which it says nothing, rather than that it failed.

    Raises:
        StepError: as of `copy`.
    """
    try:
        done = subprocess.run(
            [_program(), *argv],
            env=dict(environment),
            input=given,
            capture_output=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        message = f"rclone did not end within {_PATIENCE_S // 3600} h"
        raise StepError("cloud", "data/source", message, "see the way to the store") from None
    if done.returncode in fine:
        return b""
    if done.returncode:
        raise _cannot(_last(done.stderr))
    return done.stdout


def stream(argv: Iterable[str], environment: Mapping[str, str]) -> Iterator[bytes]:
    """What rclone gives, piece by piece; as `asked`."""
    with tempfile.TemporaryFile() as said:
        begin = [_program(), *argv]
        pipe = subprocess.PIPE
        with subprocess.Popen(begin, env=dict(environment), stdout=pipe, stderr=said) as process:
            assert process.stdout  # noqa: S101 - asked for above
            try:
                while chunk := process.stdout.read(_CHUNK):
                    yield chunk
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            raise _cannot(_last(said.read(1 << 20)))


def _last(said: bytes) -> str:
    return (said.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"])[-1]


def _program() -> str:
    found = stores.program()
    if not found:
        message = "the program `rclone` is not installed where deepcat is called"
        hint = "install rclone 1.60 or newer there, or give the data's address on the web"
        raise StepError("cloud", "data/rclone", message, hint)
    return found


def _cannot(said: str) -> StepError:
    message = f"rclone cannot have it: {mask(said)[-300:]}"
    hint = "see whether the address, the `endpoint` and the `credential` are right"
    return StepError("cloud", "data/source", message, hint)
