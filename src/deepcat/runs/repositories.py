"""EDGE: files of a commit, from a Git repository of the web, as they lie in it.

Git is asked without a person's own settings. No filter, hook, submodule or large-file program runs,
no end of a line is changed, and a link is a file with its text.
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from deepcat import git
from deepcat.errors import DeepcatError
from deepcat.host.data.address import Address
from deepcat.host.data.manifest import MOST_FILES
from deepcat.host.failure import StepError
from deepcat.secrets.mask import mask

_PATIENCE_S = 6 * 3600.0
_SLACK = 64 << 20
_MOST_LISTED = 16 << 20
_HARDENED = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"),
    *("-c", "core.symlinks=false", "-c", "http.followRedirects=false", "-c", "credential.helper="),
    *("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60"),
)
_PLAIN = "* -text -ident -filter -working-tree-encoding -eol\n"
_LARGE_FILE = b"version https://git-lfs.github.com/spec/v1"


def copy(where: Address, into: Path, most: int, secret: str) -> None:
    """Bring what a commit has below a path, or the one file of it, into a new folder.

    Args:
        where: of kind ``git``.
        into: the folder; it is made.
        most: bytes of a pack, and of all files together; more is not taken.
        secret: that lets us in: `user:password` or a token; empty for none.

    Raises:
        StepError: it cannot be had (``data/source``), or is too large (``data/size``).
    """
    into.mkdir(parents=True, exist_ok=True)
    written = most + _SLACK
    with tempfile.TemporaryDirectory(prefix="deepcat-data-") as scratch:
        own = Path(scratch, "repository")
        _run(Path(scratch), ("init", "-q", "--template=", str(own)), written)
        (own / ".git" / "info").mkdir(exist_ok=True)
        (own / ".git" / "info" / "attributes").write_text(_PLAIN)
        fetch = ("fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules")
        _run(own, (*fetch, "--", where.remote, where.end), written, secret)
        _require_small(own, where, most)
        path = f":(top,literal){where.base}" if where.base else ":(top)"
        _run(own, ("checkout", "-q", "--no-recurse-submodules", where.end, "--", path), written)
        _take(own, where.base, into)


def _require_small(own: Path, where: Address, most: int) -> None:
    """See that a commit names no more than may come: its trees may name others for ever."""
    asked = ("ls-tree", "-r", "-l", "-z", "--full-tree", where.end)
    try:
        out = _run(own, (*asked, "--", where.base) if where.base else asked, _MOST_LISTED)
    except StepError:
        raise _too_large() from None
    sizes = [each.split(b"\t", 1)[0].split()[-1] for each in out.split(b"\0") if each]
    total = sum(int(size) for size in sizes if size.isdigit())
    if len(sizes) > MOST_FILES or total > most:
        raise _too_large()


def _too_large() -> StepError:
    message = "the commit names more files, or larger ones, than may be brought"
    return StepError("module", "data/size", message, "name a folder or a file of it: `#PATH`")


def _take(work: Path, base: str, into: Path) -> None:
    top = work / base
    is_file = top.is_file()
    for path in [top] if is_file else sorted(top.rglob("*")):
        if not path.is_file() or path.is_relative_to(work / ".git"):
            continue
        with path.open("rb") as stream:
            if stream.read(len(_LARGE_FILE)) == _LARGE_FILE:
                message = f"`{path.name[:100]}` is kept by Git LFS, which nothing here asks"
                hint = "give the address of the file itself"
                raise StepError("module", "data/source", message, hint)
        to = into / (path.name if is_file else path.relative_to(top))
        to.parent.mkdir(parents=True, exist_ok=True)
        path.replace(to)


def _run(at: Path, argv: tuple[str, ...], most: int, secret: str = "") -> bytes:
    extra = {
        "GIT_ALLOW_PROTOCOL": "https:http",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }
    if secret:
        user = secret if ":" in secret else f"token:{secret}"
        header = f"Authorization: Basic {base64.b64encode(user.encode()).decode()}"
        extra |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}
        extra |= {"GIT_CONFIG_VALUE_0": header}
    try:
        done = git.ask(at, (*_HARDENED, *argv), _PATIENCE_S, extra=extra, most_bytes=most)
    except DeepcatError as error:
        raise StepError("cloud", "data/source", error.message, error.hint) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
        message = f"Git cannot have it: {mask(said[0])[:300]}"
        hint = "see whether the address, the commit and the `credential` are right"
        raise StepError("cloud", "data/source", message, hint)
    return done.stdout
