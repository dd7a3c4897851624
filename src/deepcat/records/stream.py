"""How Git's plumbing is spoken to: bytes out, bytes in. Pure, but for the streams it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from deepcat.records.layout import FOLDER, Edit, Layout, name_of

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Head:
    """Upon what a commit is built.

    Attributes:
        ref: the ref to move.
        parents: the commits it is built upon; the first one's files are edited.
        prefix: the catalog's folder in the repository, empty or ending in `/`.
        who: ``Name <address>``.
        when: seconds since 1970, UTC.
    """

    ref: str
    parents: tuple[str, ...]
    prefix: str
    who: str
    when: int


def fast_import(head: Head, edit: Edit, message: str) -> bytes:
    """One commit as `git fast-import` reads it.

    Args:
        head: upon what.
        edit: what to change.
        message: subject, and a body after an empty line.
    """
    text = _CONTROL.sub("", message).strip() + "\n"
    parts = [
        f"feature done\ncommit {head.ref}\ncommitter {head.who} {head.when} +0000\n".encode(),
        _data(text),
    ]
    words = ("from", "merge")
    parts += [f"{words[n > 0]} {parent}\n".encode() for n, parent in enumerate(head.parents)]
    prefix = head.prefix
    parts += [f"R {_q(prefix + a)} {_q(prefix + b)}\n".encode() for a, b in edit.moves.items()]
    parts += [f"D {_q(prefix + path)}\n".encode() for path in edit.deletes]
    for path, content in edit.puts.items():
        parts += [f"M 100644 inline {_q(prefix + path)}\n".encode(), _data(content)]
    return b"".join([*parts, b"\ndone\n"])


def with_id(message: str, unique: str) -> str:
    """The message with a last line that no other commit has.

    Without it two writers that do the same upon the same commit in the same second would make one
    and the same commit, and both would take it for theirs.
    """
    return with_fact(message, f"Deepcat-Id: {unique}")


def with_fact(message: str, fact: str) -> str:
    """The message with a last line of the form `Deepcat-KEY: value`."""
    text = message.strip()
    is_trailer = text.rpartition("\n")[2].startswith("Deepcat-")
    return f"{text}{'' if is_trailer else chr(10)}\n{fact}"


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s\n" % (len(content), content)


def _q(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def tree_entries(content: bytes, id_bytes: int) -> Iterator[tuple[str, bool]]:
    """The names of a raw tree object, and whether each is a folder."""
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space)
        yield content[space + 1 : end].decode(errors="replace"), content[position:space] == b"40000"
        position = end + 1 + id_bytes


def layout_of(tree: bytes, id_bytes: int) -> Layout:
    """How records lie in a raw tree object."""
    names = set()
    for entry, is_folder in tree_entries(tree, id_bytes):
        if is_folder:
            return Layout(True)
        names.add(name_of(f"{FOLDER}/{entry}"))
    return Layout(False, frozenset(names - {""}))


def split_batch(content: bytes) -> Iterator[str]:
    """The objects' texts in what `git cat-file --batch` has written."""
    position = 0
    while position < len(content):
        end = content.index(b"\n", position)
        size = int(content[position:end].split()[2])
        yield content[end + 1 : end + 1 + size].decode(errors="replace")
        position = end + 2 + size


class Objects:
    """Asks a running `git cat-file --batch`.

    Args:
        to_git: its standard input.
        from_git: its standard output.
    """

    def __init__(self, to_git: IO[bytes], from_git: IO[bytes]) -> None:
        self._to = to_git
        self._from = from_git

    def get(self, name: str) -> tuple[str, bytes] | None:
        """An object's id and content by any name that Git knows; None when there is none."""
        self._to.write(name.encode() + b"\n")
        self._to.flush()
        header = self._from.readline().split()
        # Git repeats a name that it does not know, which may hold blanks, and says `missing`.
        if len(header) != 3 or not header[2].isdigit():
            return None
        size = int(header[2])
        content = self._from.read(size + 1)[:size]
        return header[0].decode(), content
