"""Our own code that a host is given: what its steps, its keeper and its servers import.

It goes as one archive that the same sources always give byte for byte, so that a host keeps it by
its checksum. What third parties wrote goes with the runtime.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SOURCES = Path(__file__).resolve().parents[2]
_OURS = "deepcat"
# Taken whole, with what is imported anywhere in them; of all else what is imported as it begins.
_WHOLE = ("deepcat.host", "deepcat.serving", "deepcat.training")
# What a server has no use for: a program of its own, and who asks one.
_BUT = ("deepcat.serving.converting", "deepcat.serving.client")
_ENTRIES = ("deepcat.cli.main", "deepcat.cli.serve")
_KEPT = 4
# Two threads may ask for it at once, and no two may read code at once: Python 3.11.2's `ast` counts
# how deep it is for all threads together, and fails.
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Agent:
    """An archive of our code.

    Attributes:
        digest: its sha256, by which a host keeps it.
        archive: the file, a tar.gz.
    """

    digest: str
    archive: Path


def agent(root: Path, travels: Sequence[str] = ()) -> Agent:
    """The agent of the very deepcat that runs, made once for each state of its sources.

    Args:
        root: the catalog's folder, in which archives are kept.
        travels: packages of ours, or of the kind's, that a keeper needs besides.
    """
    with _MAKING:
        return _made(root / ".deepcat" / "cache" / "agent", travels)


def _made(cache: Path, travels: Sequence[str]) -> Agent:
    stamp = _stamp(travels)
    for known in cache.glob(f"{stamp}-*.tar.gz"):
        return Agent(known.name[len(stamp) + 1 : -len(".tar.gz")], known)
    content = packed(sources(travels))
    digest = hashlib.sha256(content).hexdigest()
    path = cache / f"{stamp}-{digest}.tar.gz"
    cache.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    new.write_bytes(content)
    new.replace(path)
    _prune(cache)
    return Agent(digest, path)


def sources(travels: Sequence[str] = ()) -> dict[str, Path]:
    """Path in the archive -> file, of all that belongs to the agent."""
    found: dict[str, Path] = {}
    waiting = [*_ENTRIES, *travels]
    waiting += [name for whole in (*_WHOLE, *travels) for name in _below(whole)]
    while waiting:
        name = waiting.pop()
        path = _file(name)
        where = _place(name, path)
        if path is None or where in found:
            continue
        found[where] = path
        parent = name.rpartition(".")[0]
        waiting += [parent] if parent else []
        is_whole = name.startswith((*_WHOLE, *travels))
        waiting += _imported(path, is_whole)
    return found


def packed(files: dict[str, Path]) -> bytes:
    """A tar.gz of files that depends on their names and contents alone."""
    raw = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def _below(package: str) -> Iterator[str]:
    """Every module of a package."""
    path = _file(package)
    if path is None or path.name != "__init__.py":
        return
    for each in sorted(path.parent.rglob("*.py")):
        rest = each.relative_to(path.parent).with_suffix("").parts
        name = ".".join((package, *rest)).removesuffix(".__init__")
        if not name.startswith(_BUT):
            yield name


def _file(name: str) -> Path | None:
    """Where a module lies; of another distribution's, where that imports it from."""
    parts = name.split(".")
    if parts[0] == _OURS:
        path = _SOURCES.joinpath(*parts)
    else:
        import importlib.util

        spec = importlib.util.find_spec(parts[0])
        if spec is None or spec.origin is None:
            return None
        path = Path(spec.origin).parent.joinpath(*parts[1:])
    found = (path / "__init__.py", path.with_suffix(".py"))
    return next((each for each in found if each.is_file()), None)


def _place(name: str, path: Path | None) -> str:
    file = "/__init__.py" if path is not None and path.name == "__init__.py" else ".py"
    return name.replace(".", "/") + file


def _imported(path: Path, everywhere: bool) -> list[str]:
    """The modules of ours that a file imports, but those for the type checker alone."""
    found: list[str] = []
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
        elif everywhere or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += ast.iter_child_nodes(node)
    return [name for name in found if name.split(".")[0] == _OURS and not name.startswith(_BUT)]


def _stamp(travels: Sequence[str]) -> str:
    """What tells one state of the sources from another, without reading them."""
    folders = [_SOURCES / _OURS, *(each.parent for each in map(_file, travels) if each)]
    digest = hashlib.sha256(repr(tuple(travels)).encode())
    for line in _lines(folders):
        digest.update(line.encode())
    return digest.hexdigest()[:16]


def _lines(folders: Iterable[Path]) -> Iterator[str]:
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            known = path.stat()
            yield f"{path} {known.st_size} {known.st_mtime_ns}\n"


def _prune(cache: Path) -> None:
    """Keep the newest few: each is made again where it is wanted."""
    found = sorted(cache.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for path in found[:-_KEPT]:
        path.unlink(missing_ok=True)
