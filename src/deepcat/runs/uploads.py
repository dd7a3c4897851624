"""EDGE: files of this machine, brought to a store or a folder, and read back there.

What lies there with the same bytes is not sent again, so an upload that was cut goes on with the
files that it lacks. Nothing counts as brought before its size and sha256 were read where it lies.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from deepcat.foreign import read_json
from deepcat.host.data.address import FILE, Address
from deepcat.host.data.asking import Allowed, require_host
from deepcat.host.data.manifest import Manifest, Piece, made_of
from deepcat.host.data.web import summed
from deepcat.host.failure import StepError
from deepcat.runs import rclone

# What rclone's exit status says of a folder that is not there.
_NOWHERE = (3, 4)
_MOST_LISTED = 1 << 28


def files_of(folder: Path) -> Manifest:
    """The plain files of a folder, each with its checksum; what is a link or none is left out.

    Raises:
        StepError: there is none, or one has a name that some system takes for another's
            (``data/manifest``).
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if stat.S_ISREG(path.lstat().st_mode):
            found.append(Piece(path.relative_to(folder).as_posix(), summed(path).hexdigest()))
    return made_of(found)


def require_place(where: Address, asked: str, allowed: Allowed, remotes: Collection[str]) -> None:
    """See that the catalog's owners let files be put somewhere.

    Args:
        where: of kind ``file`` or ``rclone``.
        asked: URL of who is asked there; empty where that is the kind's own on the web.
        allowed: hosts and folders besides the public web.
        remotes: of rclone, by name.

    Raises:
        StepError: they do not (``upload/place``), or its host is not found (``upload/failed``).
    """
    if where.kind == FILE:
        _within(Path(where.base), allowed)
    elif where.store == "remote":
        if where.remote not in remotes:
            what, hint = f"the remote `{where.remote}` of rclone", f"remotes: [{where.remote}]"
            raise _no_place(what, hint)
    elif asked:
        try:
            require_host(asked, allowed)
        except StepError as error:
            raise _no_place(error.message, "hosts: […]") from None
        except OSError as error:
            message = f"its host cannot be found: {error.strerror or error}"
            raise StepError("cloud", "upload/failed", message, "see the address") from None


def put(
    where: Address,
    below: str,
    folder: Path,
    files: Manifest,
    allowed: Allowed,
    told: Mapping[str, str],
) -> int:
    """Bring files to where they shall lie, and read them back.

    Args:
        where: as `require_place` let it be.
        below: relative path of a folder there, which takes them.
        folder: in which they lie.
        files: which; as `files_of` tells them.
        allowed: as of `require_place`.
        told: rclone's environment; of no matter where it is a folder.

    Returns:
        How many were sent, for the others lay there already.

    Raises:
        StepError: they cannot be put there, or what was read back is not what was sent
            (``upload/…``), or rclone is not installed (``data/rclone``).
    """
    if where.kind == FILE:
        return _to_folder(Path(where.base, below), folder, files, allowed)
    with _said():
        return _to_store(where, below, folder, files, told)


def _to_folder(target: Path, folder: Path, files: Manifest, allowed: Allowed) -> int:
    sent, target = 0, _within(target, allowed)
    draft = target.with_name(f".{target.name}.part")  # beside it: no name of a file in it
    try:
        for each in files.pieces:
            path = target / each.path
            _within(path.parent, allowed).mkdir(parents=True, exist_ok=True)
            if _is_whole(path, each):
                continue
            draft.unlink(missing_ok=True)
            with (folder / each.path).open("rb") as source, draft.open("xb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(path)
            sent += 1
            if not _is_whole(path, each):
                raise _other([each.path])
    except OSError as error:
        message = f"`{error.filename or target}` cannot be written: {error.strerror or error}"
        raise StepError("cloud", "upload/failed", message, "see its rights and its space") from None
    return sent


def _to_store(
    where: Address, below: str, folder: Path, files: Manifest, told: Mapping[str, str]
) -> int:
    root = rclone.remote_of(where)
    root += below if root.endswith(":") else f"/{below}"
    lacking = _lacking(root, folder, files.pieces, told)
    if not lacking:
        return 0
    with _listed(lacking) as names:
        words = ["--ignore-times", "--no-traverse", "--retries=2"]
        rclone.asked(["copy", str(folder), root, names, *words], told)
    if left := _lacking(root, folder, lacking, told):
        raise _other([each.path for each in left])
    return len(lacking)


def _lacking(
    root: str, folder: Path, files: Sequence[Piece], told: Mapping[str, str]
) -> list[Piece]:
    """Those that do not lie there with the same bytes."""
    words = ("-R", "--files-only", "--no-modtime", "--no-mimetype")
    said = rclone.asked(["lsjson", root, *words], told, fine=_NOWHERE)
    sizes = {row["Path"]: row["Size"] for row in read_json(said or b"[]", _MOST_LISTED)}
    alike = [each for each in files if sizes.get(each.path) == (folder / each.path).stat().st_size]
    known: set[tuple[str, str]] = set()
    if alike:
        with _listed(alike) as names:
            said = rclone.asked(["hashsum", "sha256", "--download", root, names], told)
        lines = said.decode("utf-8", "replace").splitlines()
        known = {(line[66:], line[:64]) for line in lines}
    return [each for each in files if (each.path, each.sha256) not in known]


@contextmanager
def _listed(files: Sequence[Piece]) -> Iterator[str]:
    """The word by which rclone is told which files; for as long as the context lasts."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="deepcat-upload-") as out:
        out.writelines(f"{each.path}\n" for each in files)
        out.flush()
        yield f"--files-from-raw={out.name}"


@contextmanager
def _said() -> Iterator[None]:
    """What rclone says of data, as of an upload."""
    try:
        yield
    except StepError as error:
        if error.code != "data/source":
            raise
        words = error.message.removeprefix("rclone cannot have it: ")
        hint = "see the address, the `endpoint` and the `credential`, and whether there is room"
        raise StepError(error.kind, "upload/failed", f"rclone says: {words}", hint) from None
    except (ValueError, KeyError, TypeError):
        message = "rclone lists what lies there in a form that nobody knows"
        raise StepError("cloud", "upload/failed", message, "install rclone 1.60 or newer") from None


def _within(path: Path, allowed: Allowed) -> Path:
    """The path, no link on its way, where the owners let files be put."""
    real = Path(os.path.realpath(path))
    if any(real.is_relative_to(os.path.realpath(each)) for each in allowed.folders):
        return real
    raise _no_place(f"the folder `{str(path)[:300]}`", "folders: […]")


def _is_whole(path: Path, piece: Piece) -> bool:
    return not path.is_symlink() and path.is_file() and summed(path).hexdigest() == piece.sha256


def _no_place(what: str, words: str) -> StepError:
    message = f"nothing may be uploaded there: {what}"
    hint = f"let the catalog's owners name it: `allowed_uploads: {{{words}}}`"
    return StepError("module", "upload/place", message, hint)


def _other(paths: Sequence[str]) -> StepError:
    names = ", ".join(paths[:5])[:300]
    message = f"what was read back is not what was sent: {names}"
    return StepError("cloud", "upload/failed", message, "see whether the store is sound")
