"""EDGE: a stranger's repository, fetched by the user's own Git, and read in a box.

Nothing is checked out, so that no filter, hook, submodule or large-file program runs. Git fetches
with the user's credentials, bounded in time and size; what came is read by a Git without any, which
reaches no network and no other file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from deepcat import git
from deepcat.catalog.converting.origin import SCHEMES, Origin
from deepcat.errors import DeepcatError
from deepcat.host.box import run
from deepcat.host.box.grant import Grant
from deepcat.plain import plain
from deepcat.secrets.addresses import masked
from deepcat.secrets.mask import MASK

_MiB = 1 << 20
MOST_FETCHED = 512 * _MiB
MOST_READ = 1 * _MiB
TIMEOUT_S = 180
_MOST_PATHS = 16 * _MiB
_MOST_SAID = 16 * _MiB
_MOST_SUM = 16 * _MiB
_MOST_AT_ONCE = 100
_LARGE_FILE = b"version https://git-lfs.github.com/spec/v1"
# Whatever a person has configured: no hook, no monitor, no submodule, no upkeep, no endless wait.
_HARDENED = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"),
    *("-c", "fetch.recurseSubmodules=false", "-c", "fetch.unpackLimit=1"),
    *("-c", "maintenance.auto=false", "-c", "pack.threads=2"),
    *("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"),
)
_ONLY = {"GIT_ALLOW_PROTOCOL": ":".join(SCHEMES)}
_GRANT = Grant(
    "import",
    memory_bytes=1024 * _MiB,
    cpu_s=60,
    processes=32,
    file_bytes=1 * _MiB,
    disk_bytes=16 * _MiB,
    open_files=256,
    wall_s=90,
    variables={
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
    },
)
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"


@dataclass(frozen=True)
class Commit:
    """A commit that was fetched: a `Folder` of its files.

    Attributes:
        repository: the bare repository that holds it.
        sha: the commit.
        origin: where it comes from.
        unboxed: whether it may be read where the machine gives no box.
    """

    repository: Path
    sha: str
    origin: Origin
    unboxed: bool
    _read: dict[str, bytes | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the repository is called."""
        return Origin(self.origin.address).name

    @cached_property
    def _blobs(self) -> Mapping[str, str]:
        out = self._git(("ls-tree", "-r", "-z", "--full-tree", self.sha), _MOST_PATHS)
        found = {}
        for entry in filter(None, out.split(b"\0")):
            told, _, path = entry.partition(b"\t")
            mode, *rest = told.split()
            if mode.startswith(b"100"):
                found[path.decode(errors="replace")] = rest[1].decode()
        return found

    def paths(self) -> tuple[str, ...]:
        """The files in the root and in the folders right below."""
        return tuple(path for path in self._blobs if path.count("/") < 2)

    def everything(self) -> tuple[str, ...]:
        """All of its files, however deep."""
        return tuple(self._blobs)

    def below(self, path: str) -> tuple[str, ...]:
        """The files in a folder in it and however deep below, by their path in it."""
        return tuple(each for each in self._blobs if each.startswith(f"{path}/"))

    def is_folder(self, path: str) -> bool:
        """Whether a path is one of its folders; of a stranger's long paths none is taken apart."""
        return any(each.startswith(f"{path}/") for each in self._blobs)

    def read(self, path: str) -> bytes | None:
        """A file's content; None where there is none, or it is too large."""
        if path not in self._read:
            beside = path.rpartition("/")[0]
            # Each call costs a box: all small files of a folder come at once.
            wanted = [p for p in self._blobs if p.rpartition("/")[0] == beside][:_MOST_AT_ONCE]
            self._fill([p for p in dict.fromkeys((path, *wanted)) if p not in self._read])
        return self._read[path]

    def _fill(self, paths: Sequence[str]) -> None:
        self._read.update(dict.fromkeys(paths))
        shas = {self._blobs[path]: path for path in paths if path in self._blobs}
        asked = "".join(f"{sha}\n" for sha in shas).encode()
        sizes = self._git(("cat-file", "--batch-check"), _MOST_PATHS, asked)
        fitting, total = [], 0
        for line in sizes.decode(errors="replace").splitlines():
            sha, kind, *size = line.split()
            if kind == "blob" and int(size[0]) <= MOST_READ and total + int(size[0]) <= _MOST_SUM:
                fitting.append(sha)
                total += int(size[0])
        asked = "".join(f"{sha}\n" for sha in fitting).encode()
        out = self._git(("cat-file", "--batch"), _MOST_SUM + _MOST_PATHS, asked)
        by_sha = dict(_contents(out))
        for path in paths:
            content = by_sha.get(self._blobs.get(path, ""))
            if content is not None and not content.startswith(_LARGE_FILE):
                self._read[path] = content

    def submodules(self) -> bytes:
        """What `.gitmodules` says, as `git config -z --list` prints it."""
        content = self.read(".gitmodules") or b""
        return self._git(("config", "-f", "-", "-z", "--list"), _MOST_PATHS, content)

    def _git(self, argv: Sequence[str], most: int, stdin: bytes = b"") -> bytes:
        """What Git says of the repository, asked in a box."""
        words = (f"--git-dir={self.repository}", *argv)
        here, program = str(self.repository), shutil.which("git") or "git"
        reads = (here, program, str(Path(program).resolve()))
        grant = replace(_GRANT, name=f"import {here}", reads=reads)
        done = run.run((program, *words), grant, stdin=stdin, most_output=most)
        if done.ended == "box" and self.unboxed:
            plainly = git.run(self.repository, words, stdin=stdin, extra=_GRANT.variables)
            return _checked(plainly, self.origin)
        if done.ended == "box":
            raise DeepcatError(
                f"`{self.origin}` is not read, for this machine gives no box: {done.why}",
                hint="see `deepcat doctor`; or allow it with `unboxed: true` in `deepcat.yaml`",
                code="import/box",
            )
        if done.ended:
            raise DeepcatError(
                f"reading `{self.origin}` was ended: it needs too much {done.ended}",
                hint="name a folder of it, or import its metadata file alone",
                code="import/size",
            )
        return _checked(git.Done(done.rc, done.out, done.err), self.origin)


def _contents(out: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        header = out[at:end].split()
        size = int(header[2]) if len(header) == 3 else -1
        if size >= 0:
            yield header[0].decode(), out[end + 1 : end + 1 + size]
        at = end + 1 + (size + 1 if size >= 0 else 0)


@contextmanager
def fetch(origin: Origin, *more: str, unboxed: bool) -> Iterator[tuple[Commit, ...]]:
    """A repository's commit, for as long as this lasts; and further commits where they can be had.

    Args:
        origin: the repository and its branch, tag or commit.
        more: further commits, by their hash.
        unboxed: whether they may be read where the machine gives no box.

    Yields:
        The commit that is meant, then those of the others that the repository still gives.

    Raises:
        DeepcatError: it cannot be had (``import/fetch``), or is too large.
    """
    with tempfile.TemporaryDirectory(prefix="deepcat-import-") as name:
        folder = Path(name, "repository.git")
        begin = ("init", "-q", "--bare", "--template=", str(folder))
        _checked(git.run(Path(name), begin), origin)
        first = _fetched(folder, origin, origin.ref or "HEAD")
        others = []
        for sha in more:
            try:
                others.append(_fetched(folder, origin, sha))
            except DeepcatError:
                continue
        (folder / "config").write_text(_CONFIG)
        if os.geteuid() == 0:
            _readable(Path(name))
        yield tuple(Commit(folder, sha, origin, unboxed) for sha in (first, *others))


def tip(origin: Origin) -> str:
    """The commit that a repository's branch or tag names now; empty where that is unknown."""
    ref = origin.ref or "HEAD"
    if is_hash(ref):
        return ref
    argv = (*_HARDENED, "ls-remote", "--", origin.address, ref, f"{ref}^{{}}")
    try:
        done = git.ask(Path("/"), argv, TIMEOUT_S, extra=_ONLY, most_bytes=_MOST_SAID)
    except DeepcatError:
        return ""
    if done.returncode != 0:
        return ""
    lines = [line.split("\t") for line in done.stdout.decode(errors="replace").splitlines()]
    found = {parts[1]: parts[0] for parts in lines if len(parts) == 2}
    for name in (f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}", ref):
        if name in found:
            return found[name]
    return ""


def _fetched(folder: Path, origin: Origin, ref: str) -> str:
    """Fetch one commit without its history; its hash."""
    argv = (
        *(*_HARDENED, "fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules"),
        *(f"--filter=blob:limit={MOST_READ + 1}", "--no-write-fetch-head", "--no-auto-maintenance"),
        *("--", origin.address, f"+{ref}:refs/import/tip"),
    )
    here = f"--git-dir={folder}"
    try:
        done = git.ask(folder, (here, *argv), TIMEOUT_S, extra=_ONLY, most_bytes=MOST_FETCHED)
    except DeepcatError as error:
        raise DeepcatError(
            f"`{origin}` cannot be fetched: {error.message}", hint=error.hint, code="import/fetch"
        ) from error
    if done.returncode != 0 and _is_full(folder):
        raise DeepcatError(
            f"`{origin}` is larger than {MOST_FETCHED // _MiB} MiB, and is not fetched",
            hint="clone it, and import the folder that holds its metadata",
            code="import/size",
        )
    _checked(done, origin)
    asked = (here, "rev-parse", "--verify", "-q", "refs/import/tip^{commit}")
    return _checked(git.run(folder, asked), origin).decode().strip()


def _is_full(repository: Path) -> bool:
    """Whether Git wrote a file as far as it may."""
    files = (repository / "objects" / "pack").glob("*")
    return any(path.stat().st_size >= MOST_FETCHED // 512 * 512 for path in files)


def is_hash(ref: str) -> bool:
    """Whether a ref is a commit's whole hash."""
    return len(ref) in {40, 64} and set(ref) <= set("0123456789abcdef")


def _checked(done: git.Done, origin: Origin) -> bytes:
    if done.returncode == 0:
        return done.stdout
    said = _without_user(done.stderr.decode(errors="replace"), origin)
    lines = [line for line in said.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "ERROR:"))] or lines[-1:]
    why = plain(masked("".join(told[:1]).removeprefix("fatal: ")[:300]))
    why = why or f"Git ended with {done.returncode}"
    raise DeepcatError(
        f"`{origin}` cannot be fetched: {why}",
        hint="check the address and the ref; Git asks with your own credentials",
        code="import/fetch",
    )


def _without_user(said: str, origin: Origin) -> str:
    """What Git says, without who asks: it repeats an address in forms that are none."""
    user = origin.address.partition("://")[2].partition("/")[0].rpartition("@")[0]
    for secret in filter(None, (user, user.partition(":")[2])):
        said = said.replace(secret, MASK)
    return said


def _readable(folder: Path) -> None:
    """Let the box's user read it, who is another one where we are root."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
