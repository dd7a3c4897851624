"""EDGE of the host: saves a folder to a ref, in a box: ``python -I -S saved.py JSON``.

It asks Git which files count, reads them by itself, following no link, and hands their contents to
`git fast-import`: no index is kept, no hook or filter runs, and what lies in the folder decides
nothing but its own content. What is left out, and why, is told in JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host.secret_forms import holds_secret

MOST_BYTES = 20 << 20
_MOST_FILES, _MOST_TOLD, _NAME = 20_000, 200, 400
_WHO = "deepcat <deepcat@localhost>"
# What a step back is not told of as left out: Git keeps no folders, and others' state is theirs.
_NEVER = (".ipynb_checkpoints",)
_LARGE, _SECRET, _LINK = "it is larger than 20 MB", "it holds what looks like a secret", "a link"
_ODD, _MANY, _OWN = "its name", "there are too many files", "a repository of its own"
# What only content or count told, which is not looked at again while nothing changed.
READ = (_SECRET, _MANY)


def main(words: list[str]) -> int:
    """Save; gives the exit status."""
    asked = json.loads(words[0])
    saving = _Saving(asked["files"], asked["repository"], asked["ref"], asked["base"])
    sys.stdout.write(json.dumps(saving.saved(str(asked.get("before", "")))))
    return 0


class _Saving:
    """One saving.

    Args:
        files: the folder.
        repository: a bare one, made where it is not there.
        ref: that is moved on.
        base: the ref of what the folder began with, which is written once.
    """

    def __init__(self, files: str, repository: str, ref: str, base: str) -> None:
        self._files = files
        self._repository = repository
        self._ref, self._base = ref, base
        self._left: dict[str, str] = {}
        self._pipe = ""

    def saved(self, before: str) -> dict[str, Any]:
        """Save unless nothing changed; gives what there is then.

        Args:
            before: `state` of the saving before this one.
        """
        if not Path(self._repository, "HEAD").is_file():
            self._git("init", "--quiet", "--bare", self._repository)
        begins = not self._known(self._base)
        names = sorted(self._names(begins=begins))
        found = [each for each in names if self._counts(each)]
        state = self._state(found)
        told: dict[str, Any] = {"state": state, "commit": self._known(self._ref), "changed": False}
        if state != before or not told["commit"]:
            self._import(found, begins=begins)
            told |= {"commit": self._known(self._ref), "changed": True}
        left = dict(sorted(self._left.items())[:_MOST_TOLD])
        return {**told, "files": len(found), "left": left, "lacking": len(self._left) - len(left)}

    def _names(self, *, begins: bool) -> Iterator[str]:
        """The files that Git would take, and those that the folder began with."""
        if begins:  # all of them, for they came out of a repository
            for folder, _, names in os.walk(self._files):
                below = Path(folder).relative_to(self._files)
                yield from ((below / name).as_posix() for name in names)
            return
        self._require_readable()
        options = ("--others", "--exclude-standard", "-z")
        said = self._git("--work-tree", self._files, "ls-files", *options, at=self._files)
        found = {os.fsdecode(each) for each in said.split(b"\0") if each}
        for each in [each for each in found if each.endswith("/")]:
            self._left[_plain(each)] = _OWN
            found.discard(each)
        listed = self._git("ls-tree", "-r", "-z", "--name-only", self._base)
        yield from found | {os.fsdecode(each) for each in listed.split(b"\0") if each}

    def _require_readable(self) -> None:
        """See that Git, which reads each `.gitignore`, waits for none that is a pipe."""
        ahead = [self._files]
        while ahead:
            with suppress(OSError), os.scandir(ahead.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(entry.path)
                    elif entry.name == ".gitignore" and not (
                        entry.is_file(follow_symlinks=False) or entry.is_symlink()
                    ):
                        path = Path(entry.path).relative_to(self._files).as_posix()
                        self._pipe = _plain(path)
        if self._pipe:
            raise OSError(f"`{self._pipe}` is no plain file: delete it")

    def _counts(self, name: str) -> bool:
        parts = name.split("/")
        if any(part in _NEVER for part in parts):
            return False
        if any(part.lower() == ".git" for part in parts) or not _is_plain(name):
            self._left[_plain(name)] = _ODD
            return False
        try:
            found = Path(self._files, name).lstat()
        except OSError:
            return False  # it is gone, which is a change like any other
        if not stat.S_ISREG(found.st_mode):
            self._left[name] = _LINK
        elif found.st_size > MOST_BYTES:
            self._left[name] = _LARGE
        else:
            return True
        return False

    def _state(self, names: list[str]) -> str:
        known = hashlib.sha256()
        for name in names:
            try:
                found = Path(self._files, name).lstat()
            except OSError:
                continue
            seen = (name, found.st_size, found.st_mtime_ns, found.st_mode & 0o111, found.st_ino)
            known.update(repr(seen).encode("utf-8", "surrogatepass"))
        return known.hexdigest()

    def _import(self, names: list[str], *, begins: bool) -> None:
        argv = ["git", "--git-dir", self._repository, "fast-import", "--quiet", "--force"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
            to = process.stdin
            assert to is not None  # noqa: S101 - it was asked for
            for ref in (self._base, self._ref) if begins else (self._ref,):
                self._commit(to, ref, names)
        if process.returncode:
            raise OSError(f"git fast-import ended with status {process.returncode}")

    def _commit(self, to: IO[bytes], ref: str, names: list[str]) -> None:
        text = b"Saved\n"
        to.write(f"commit {ref}\ncommitter {_WHO} {int(time.time())} +0000\n".encode())
        to.write(f"data {len(text)}\n".encode() + text)
        parent = self._known(ref) or self._known(self._base)
        to.write((f"from {parent}\n" if parent else "").encode() + b"deleteall\n")
        for count, name in enumerate(names):
            if count >= _MOST_FILES:
                self._left[name] = _MANY
                continue
            found = _read(self._files, name)
            if found is None:
                self._left[name] = _LINK
                continue
            content, mode = found
            if holds_secret(content):
                self._left[name] = _SECRET
                continue
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            to.write(f'M {mode} inline "{quoted}"\ndata {len(content)}\n'.encode())
            to.write(content + b"\n")
        to.write(b"\n")

    def _known(self, ref: str) -> str:
        return self._git("rev-parse", "--quiet", "--verify", ref, fails=True).decode().strip()

    def _git(self, *words: str, at: str = "/", fails: bool = False) -> bytes:
        own = () if words[0] == "init" else ("--git-dir", self._repository)
        done = subprocess.run(
            ["git", *own, *words],
            cwd=at,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode and not fails:
            raise OSError(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace')[-300:]}")
        return done.stdout


def _read(folder: str, name: str) -> tuple[bytes, str] | None:
    """A file's content and Git's word for its kind; None where a link is on the way, or no file."""
    *folders, last = name.split("/")
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for each in folders:
            below = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        handle = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    except OSError:
        return None
    finally:
        os.close(at)
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(stream.fileno())
        content = stream.read(MOST_BYTES + 1) if stat.S_ISREG(found.st_mode) else b""
        if not stat.S_ISREG(found.st_mode) or len(content) > MOST_BYTES:
            return None
        return content, "100755" if found.st_mode & 0o100 else "100644"


def _is_plain(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return name.isprintable() and len(name) <= _NAME


def _plain(name: str) -> str:
    return ascii(name)[1:-1][:_NAME]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
