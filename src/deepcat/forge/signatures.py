"""EDGE of the forge: whose SSH key signed a commit or a tag, by the program `git`.

A handle is proved by a key that the catalog names, and by nothing else: no name, no address and no
key of the machine's own users counts.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from deepcat.forge.git import Repository
from deepcat.git import SSH_ALONE

APPROVALS = "refs/tags/approve"
_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_KEY = re.compile(r"((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*)(?: .*)?")
_GOOD = re.compile(r'Good "git" signature for ([A-Za-z0-9-]+) with \S+ key SHA256:\S+')


def allowed(keys: object) -> str:
    """The file by which Git knows who signed: a line for each key that is one person's. Pure."""
    owners: dict[str, set[str]] = {}
    for handle, texts in keys.items() if isinstance(keys, Mapping) else ():
        is_list = isinstance(texts, Sequence) and not isinstance(texts, str)
        for text in texts if is_list and _HANDLE.fullmatch(str(handle)) else ():
            found = _KEY.fullmatch(text) if isinstance(text, str) else None
            if found:
                owners.setdefault(found[1], set()).add(str(handle).lower())
    lines = [f'{min(who)} namespaces="git" {key}\n' for key, who in owners.items() if len(who) == 1]
    return "".join(sorted(lines))


class Signers:
    """Who signed what, by the keys of one state of the catalog."""

    def __init__(self, git: Repository, file: Path) -> None:
        self._git = git
        self._words = (*SSH_ALONE, "-c", f"gpg.ssh.allowedSignersFile={file}")

    def of_commit(self, commit: str) -> str:
        """Whose key signed a commit; empty when nobody's did."""
        return self._verify("verify-commit", commit)

    def approvals(self, commit: str, more: Sequence[str] = ()) -> tuple[str, ...]:
        """Those who approved a commit: by a signed tag that says so by its own name.

        Args:
            commit: full hash.
            more: tags, by hash, that no ref holds yet.
        """
        tags = dict.fromkeys([*approval_tags(self._git, commit), *more])
        signed = (self._verify("verify-tag", tag) for tag in tags if self._is_of(tag, commit))
        return tuple(sorted({who for who in signed if who}))

    def _is_of(self, tag: str, commit: str) -> bool:
        """Whether what was signed is an approval of this commit: a tag's ref can be anything."""
        done = self._git.run("cat-file", "tag", tag)
        head, _, _ = done.stdout.partition(b"\n\n")
        facts = dict(row.partition(b" ")[::2] for row in head.split(b"\n"))
        name = f"approve/{commit}/".encode()
        return (
            done.returncode == 0
            and facts.get(b"object") == commit.encode()
            and facts.get(b"type") == b"commit"
            and facts.get(b"tag", b"").startswith(name)
        )

    def _verify(self, verb: str, name: str) -> str:
        done = self._git.run(*self._words, verb, "--raw", name)
        said = done.stderr.decode(errors="replace").strip().splitlines()
        found = [match[1] for line in said if (match := _GOOD.fullmatch(line))]
        return found[0] if done.returncode == 0 and len(found) == 1 else ""


def approval_tags(git: Repository, *commits: str) -> tuple[str, ...]:
    """The tags by which somebody says to have approved a commit; whose they are is not known."""
    below = (f"{APPROVALS}/{commit}/" for commit in commits)
    return tuple(git("for-each-ref", "--format=%(objectname)", *below).decode().split())


@contextmanager
def signers(git: Repository, keys: object) -> Iterator[Signers]:
    """Who signed what, by `keys` of `deepcat.yaml`, for as long as this lasts."""
    with tempfile.TemporaryDirectory(prefix="deepcat-signers-") as folder:
        file = Path(folder, "allowed")
        file.write_text(allowed(keys), "utf-8")
        yield Signers(git, file)
