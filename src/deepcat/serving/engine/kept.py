"""EDGE: graphs that TensorFlow need not rewrite once more, kept by content in the user's cache.

A graph's name is the checksum of the model's own graph, of what its checkpoint lists (a checksum
for each tensor), of TensorFlow's version and its settings, and of what the processor can. Who may
write one has TensorFlow carry out what it likes: so the folder is this user's alone, and only files
in it that are this user's are read. Nothing comes from a model's folder.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Another one for each change of how sessions are made, or rewritten graphs.
_FORM = b"1"
_ENDING = ".graph"
# Graphs that are read, rewritten ones and all of them. A small one is rewritten in no time.
_LEAST, _MOST = 1 << 18, 1 << 26
_MOST_REWRITTEN, _MOST_BYTES, _MOST_FILES = 1 << 26, 1 << 28, 64
# While it is rewritten, a model is held twice.
_MOST_VARIABLES = 1 << 28
_LEFT_S = 3600.0
_DIGEST = 32
_SETTINGS = ("TF_", "ONEDNN_", "DNNL_", "MKL_", "OMP_")
_SAID = "TF_CPP_"  # what is logged


class KeptGraphs:
    """Those of this user.

    Args:
        folder: where they lie; it is made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._lacking: list[Path] = []

    def find(self, path: Path, version: str) -> bytes | None:
        """The rewritten graph of the SavedModel in `path`; None where there is none.

        Args:
            path: of the SavedModel.
            version: TensorFlow's.
        """
        name = name_of(path, version)
        if not name:
            return None
        found = self._read(name)
        if found is None:
            with self._lock:
                if path not in self._lacking:
                    self._lacking.append(path)
        return found or None

    def lacking(self) -> Path | None:
        """A SavedModel that was looked for in vain, told once."""
        with self._lock:
            return self._lacking.pop(0) if self._lacking else None

    def keep(self, name: str, graph: bytes) -> None:
        """Keep a graph, or that there is none when it is empty.

        Raises:
            OSError: it cannot be written.
        """
        if len(graph) > _MOST_REWRITTEN:
            graph = b""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._opened() as folder:
            if folder is None:
                raise PermissionError(f"{self._folder} is not this user's alone")
            beside = f"{name}.{os.getpid()}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(beside, flags, 0o600, dir_fd=folder), "wb") as file:
                file.write(hashlib.sha256(graph).digest() + graph)
            os.rename(beside, name + _ENDING, src_dir_fd=folder, dst_dir_fd=folder)
            _sweep(folder)

    def may_keep(self) -> bool:
        """Whether graphs can be kept here."""
        near = next((each for each in (self._folder, *self._folder.parents) if each.exists()), None)
        return near is not None and os.access(near, os.W_OK | os.X_OK)

    def _read(self, name: str) -> bytes | None:
        """A graph; empty where it is known that there is none, None where nothing is known."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        with suppress(OSError), self._opened() as folder:
            if folder is None:
                return None
            with os.fdopen(os.open(name + _ENDING, flags, dir_fd=folder), "rb") as file:
                told = os.fstat(file.fileno())
                if not stat.S_ISREG(told.st_mode) or told.st_uid != os.geteuid():
                    return None
                text = file.read(_DIGEST + _MOST_REWRITTEN + 1)
                with suppress(OSError):
                    os.utime(file.fileno())
            if hashlib.sha256(text[_DIGEST:]).digest() == text[:_DIGEST]:
                return text[_DIGEST:]
        return None

    @contextmanager
    def _opened(self) -> Iterator[int | None]:
        """The folder; None where it is not this user's alone."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            told = os.fstat(folder)
            is_ours = told.st_uid == os.geteuid() and not told.st_mode & 0o077
            yield folder if is_ours else None
        finally:
            os.close(folder)


def of_user() -> KeptGraphs | None:
    """This user's; None where the system cannot keep them from others, or keeps nothing."""
    home = os.environ.get("HOME")
    if os.name != "posix" or (home and home == os.environ.get("TMPDIR")):
        return None  # a box's home ends with it
    cache = os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(cache) if cache else Path.home() / ".cache"
    except RuntimeError:
        return None
    return KeptGraphs(base / "deepcat" / "graphs") if base.is_absolute() else None


def name_of(path: Path, version: str) -> str:
    """What the rewritten graph of the SavedModel in `path` is called; empty where none is kept."""
    found = hashlib.sha256()
    try:
        for place in ("saved_model.pb", "variables/variables.index"):
            with suppress(FileNotFoundError), (path / place).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size > _MOST or (size < _LEAST and place.endswith(".pb")):
                    return ""
                found.update(hashlib.file_digest(file, "sha256").digest())
            found.update(b"|")
        if not (path / "saved_model.pb").is_file():
            return ""
        shards = (path / "variables").glob("variables.data-*")
        if sum(each.stat().st_size for each in shards) > _MOST_VARIABLES:
            return ""
    except OSError:
        return ""
    for said in (_FORM, version.encode(), _processor(), *_settings()):
        found.update(hashlib.sha256(said).digest())
    return found.hexdigest()


def _settings() -> list[bytes]:
    names = (n for n in os.environ if n.startswith(_SETTINGS) and not n.startswith(_SAID))
    return [f"{name}={os.environ[name]}".encode() for name in sorted(names)]


def _processor() -> bytes:
    """What the processor can, by which kernels are chosen."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_bytes().splitlines():
            if line.lower().startswith((b"flags", b"features")):
                return line
    return "|".join((platform.machine(), platform.processor(), platform.node())).encode()


def _sweep(folder: int) -> None:
    """Leave the newest, as many as may be, and nothing that somebody failed to finish."""
    with os.scandir(folder) as entries:
        files = [(each.name, each.stat(follow_symlinks=False)) for each in entries]
    files.sort(key=lambda file: -file[1].st_mtime)
    kept = size = 0
    for name, told in files:
        if name.endswith(_ENDING):
            kept, size = kept + 1, size + told.st_size
            goes = kept > _MOST_FILES or size > _MOST_BYTES
        else:
            goes = told.st_mtime < time.time() - _LEFT_S
        if goes:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
