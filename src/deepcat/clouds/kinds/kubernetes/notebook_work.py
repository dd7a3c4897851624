"""The work of a pod as Git has it, made here: of its files as they are handed out, in a box.

No Git is needed there. What comes out of the pod is a stranger's: plain files are written and
nothing else, below one folder; of what is too large there is its size alone, of links a mark.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, Protocol, cast

from deepcat import git
from deepcat.errors import DeepcatError
from deepcat.host.archive import Careful
from deepcat.host.failure import StepError
from deepcat.host.members import What, of_tar
from deepcat.host.notebook import saving, values
from deepcat.host.notebook.pods import values as pod
from deepcat.host.notebook.pods.handing import MOST_FILES

_MOST_BYTES, _MOST_NAME, _MOST_DEEP = 4 << 30, 1024, 40
_CHUNK = 1 << 20
# The box that saves may be another user.
_ANY_OWNER = ("-c", "safe.directory=*")


class Hands(Protocol):
    """What hands the work out."""

    def poured(self, path: str) -> Any:
        """See `notebook_asked.Asking.poured`."""


def saved(hands: Hands, deployment: str) -> tuple[bytes, Mapping[str, Any]]:
    """The work and what it began with as a bundle of Git's, and what was left out.

    Args:
        hands: whom it is had of.
        deployment: its name.

    Raises:
        DeepcatError: it is not to be had, or cannot be saved (``develop/work``).
    """
    with TemporaryDirectory(prefix="deepcat-work-") as scratch:
        kept = Path(scratch)
        files = kept / values.FILES
        try:
            told: Mapping[str, Any] = {}
            for path in (pod.BEGUN, pod.WORK):  # the first one is what all else stands upon
                shutil.rmtree(files, ignore_errors=True)
                files.mkdir()
                with hands.poured(path) as archive, TemporaryFile(dir=scratch) as whole:
                    _spooled(archive, whole)
                    taken(whole, files)
                told = saving.save(kept, deployment)
            refs = (values.ref_of(deployment), values.base_of(deployment))
            done = git.run(kept / values.SAVED, (*_ANY_OWNER, "bundle", "create", "-q", "-", *refs))
        except StepError as error:
            raise _error(deployment, f"its archive {error.message}") from None
        except (OSError, ValueError, tarfile.TarError, EOFError) as error:
            raise _error(deployment, str(error)) from None
        if done.returncode:
            raise _error(deployment, done.stderr.decode("utf-8", "replace").strip()[-200:])
        return done.stdout, told


def _spooled(archive: IO[bytes], whole: IO[bytes]) -> None:
    size = 0
    while chunk := archive.read(_CHUNK):
        size += len(chunk)
        if size > _MOST_BYTES:
            raise OSError("the work is too large")
        whole.write(chunk)
    whole.seek(0)


def taken(archive: IO[bytes], folder: Path) -> None:
    """Write what an archive holds into an empty folder.

    Args:
        archive: that can be sought.
        folder: that takes it.

    Raises:
        OSError: it leaves the folder, or is too much.
        StepError: it is no honest archive.
        tarfile.TarError: it is broken.
    """
    count = size = 0
    with tarfile.open(fileobj=cast(Any, Careful(archive)), mode="r:") as tar:
        for member in tar:
            count, size = count + 1, size + member.size
            if count > MOST_FILES or size > _MOST_BYTES:
                raise OSError("the work is too large")
            parts = member.name.split("/")
            is_odd = not all(each not in ("", ".", "..") and "\0" not in each for each in parts)
            if is_odd or len(member.name) > _MOST_NAME or len(parts) > _MOST_DEEP:
                raise OSError(f"the work has a file of an odd name: {ascii(member.name)[:100]}")
            path = folder.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(tar, member, path)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write one file; nothing that was written before is a link, for links lead nowhere."""
    what = of_tar(member)
    if what is What.LINK and member.issym():
        path.symlink_to("nowhere")
        return
    if what is not What.FILE or (content := tar.extractfile(member)) is None:
        raise OSError(f"`{path.name[:100]}` is no plain file")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out:
        shutil.copyfileobj(content, out, _CHUNK)
        if (told := member.pax_headers.get(pod.SIZE)) is not None:
            with suppress(ValueError, OverflowError):
                out.truncate(max(0, min(int(told), 1 << 40)))
    path.chmod(0o755 if member.mode & 0o100 else 0o644)


def _error(deployment: str, why: str) -> DeepcatError:
    message = f"no work of `{deployment}` is saved: {why}"
    hint = f"see `deepcat logs {deployment}`"
    return DeepcatError(message, hint=hint, code="develop/work")
