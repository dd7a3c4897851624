"""EDGE of the host: data of a store, mounted read-only for as long as one job runs.

It is `rclone mount` that does so, by FUSE. It ends with the process that began it; what was left
dead all the same, as of a host that killed both, is found among this machine's mounts and taken
away. Nothing of what is mounted is held against a checksum: it is what the store says it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deepcat.host.box.kernel import die_with_parent
from deepcat.host.data import cache, stores
from deepcat.host.data.address import (
    BY_FUSE,
    WEB,
    Address,
    address_of,
    mount_fault,
    mounted_by,
    port_of,
)
from deepcat.host.data.asking import Allowed
from deepcat.host.data.manifest import MOST_FILES
from deepcat.host.failure import StepError
from deepcat.host.keeping.files import Life, life_of
from deepcat.host.place import read_json, write_json
from deepcat.host.taking_away import away

# Of a job's folder.
FOLDER = "mounted"
_PORTS = {"http": 80, "https": 443}
_DEVICE = Path("/dev/fuse")
_TABLE = Path("/proc/self/mountinfo")
_TYPE = "fuse.rclone"
_PATIENCE_S, _LISTING_S, _PAUSE_S, _END_S = 30.0, 300.0, 0.05, 10.0
# An error that is older may have been overcome.
_JUST_S = 60.0
_MOST_CACHE, _LEAST_CACHE, _MOST_LOG = 10 << 30, 64 << 20, 1 << 20
# rclone's cache tries ten times to read, whatever it is told: so each try is short.
_BOUNDS = ("--contimeout=10s", "--timeout=15s", "--low-level-retries=1", "--retries=1")
_OCTAL = re.compile(r"\\([0-7]{3})")
_TIME = re.compile(r"\A[\d/]+ [\d:]+ ")
_STAMP = re.compile(r"\A[\d/]+ [\d:]+ ERROR *: *")


@dataclass(frozen=True)
class Wanted:
    """Data that is to be mounted.

    Attributes:
        name: by which the module calls it.
        address: where it lies.
        store: `endpoint`, `region` and `tenant`, where its data set names them.
        secret: that lets us in; empty for none.
    """

    name: str
    address: str
    store: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)

    @property
    def where(self) -> Address:
        """The address, understood."""
        return address_of(self.address)

    @property
    def environment(self) -> dict[str, str]:
        """What tells rclone of it."""
        return stores.environment(self.where, self.store, self.secret)

    def masked(self, text: str) -> str:
        """What rclone says, without what lets us in."""
        for each in sorted({self.secret, *self.secret.split(":", 1)}, key=len, reverse=True):
            text = text.replace(each, "•••") if len(each) >= 4 else text
        return text


def lacking() -> tuple[str, ...]:
    """What keeps this machine from mounting data, in sentences; empty where it can."""
    said = []
    if not _DEVICE.exists():
        said.append("there is no /dev/fuse: load the kernel's module `fuse`")
    elif not os.access(_DEVICE, os.R_OK | os.W_OK):
        said.append("/dev/fuse may not be opened by the user that jobs run as")
    if not shutil.which("fusermount3") and not shutil.which("fusermount"):
        said.append("the program `fusermount3` is not installed (Debian's package `fuse3`)")
    if not stores.program():
        said.append("the program `rclone` is not installed")
    return tuple(said)


def require(address: str, store: Mapping[str, str], allowed: Allowed) -> None:
    """See that a store may be mounted: all that it has is read, and where its server leads, too.

    Raises:
        StepError: it cannot be mounted, or the catalog's owners do not name its server
            (``data/mount``, ``data/host``).
    """
    where = address_of(address)
    fault = mount_fault(where)
    if not fault and mounted_by(where) != BY_FUSE:
        fault = "is mounted by a cluster's nodes alone: mount it on the host, and name the folder"
    if fault:
        raise _cannot("module", f"`{address[:300]}` {fault}", "stage it: take `how: mount` away")
    asked = where.base if where.kind == WEB else where.remote or store.get("endpoint", "")
    if not asked:  # Amazon's own
        return
    parts = urlsplit(asked)
    name, port = parts.hostname or "", port_of(parts)
    if port is None or not allowed.mounted.host(name, port or _PORTS.get(parts.scheme, 0)):
        message = f"nothing of `{name}` may be mounted"
        hint = "let the catalog's owners name it: `allowed_data: {mounts: […]}`, or stage the data"
        raise StepError("module", "data/host", message, hint)


def folder(path: str, allowed: Allowed) -> Path:
    """A folder of this machine, where the catalog's owners let all of it be read.

    Raises:
        StepError: it is not below any that they name, or it is none (``data/folder``).
    """
    try:
        found = cache.within(path, allowed.mounted)
    except StepError as error:
        hint = "let the catalog's owners name its folder: `allowed_data: {mounts: […]}`"
        raise StepError(error.kind, error.code, error.message, hint) from None
    if not found.is_dir():
        message = f"`{path[:300]}` is no folder of this host"
        raise StepError("cloud", "data/folder", message, "mount it there, or correct the address")
    return found


def at_of(folder: Path, name: str) -> Path:
    """Where some data of a job is mounted."""
    return folder / FOLDER / name


@dataclass
class Mounts:
    """What is mounted for one job.

    Args:
        folder: of the job.
        is_stopped: whether somebody ends the job meanwhile.
    """

    folder: Path
    is_stopped: Callable[[], bool] = field(default=lambda: False)
    _held: dict[str, tuple[Wanted, subprocess.Popen[bytes]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know it as the kernel's table of mounts does."""
        self.folder = Path(os.path.realpath(self.folder))

    def begin(self, wanted: Wanted, most_cache: int) -> dict[str, Any]:
        """Mount some data, once its store answers.

        Args:
            wanted: what.
            most_cache: bytes that it may take of this machine's disk.

        Returns:
            What its store lists: ``files``, ``bytes``, and ``sha256`` of all paths, sizes and
            times; nothing where that are too many.

        Raises:
            StepError: it cannot be had (``data/mount``).
        """
        if why := lacking():
            raise _cannot("cloud", "; ".join(why), "mend the host, or stage the data")
        try:
            told = wanted.environment
            found = self._listed(wanted, told)
            self._mount(wanted, told, most_cache)
        except OSError as error:
            message = f"the data `{wanted.name}` cannot be mounted: {error}"
            raise _cannot("cloud", message, "see the host") from None
        return found

    def dead(self) -> str:
        """Which data is not mounted any more, and why; empty for none."""
        for name, (wanted, process) in self._held.items():
            with suppress(OSError):
                if self._log(name).stat().st_size > _MOST_LOG:
                    os.truncate(self._log(name), 0)
            if process.poll() is not None:
                why = wanted.masked(_last(self._log(name))) or "rclone was killed"
                return f"the data `{name}` is not mounted any more: {why}"
        return ""

    def odd(self) -> str:
        """What rclone said just now that it could not read; empty for nothing."""
        for name, (wanted, _) in self._held.items():
            with suppress(OSError):
                is_new = time.time() - self._log(name).stat().st_mtime < _JUST_S
                if is_new and (why := wanted.masked(_last(self._log(name)))):
                    return f"the data `{name}` could not be read: {why}"
        return ""

    def end(self) -> None:
        """Take all of it down."""
        for name, (_, process) in self._held.items():
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_S)
            process.kill()
            process.wait()
            _unmount(at_of(self.folder, name))
        self._held.clear()
        unmounted(self.folder)
        away(self.folder / FOLDER)

    def _log(self, name: str) -> Path:
        return self.folder / FOLDER / f".{name}.log"

    def _listed(self, wanted: Wanted, told: Mapping[str, str]) -> dict[str, Any]:
        words = ["lsf", "--recursive", "--files-only", "--format=pst", "--separator=\t"]
        argv = [stores.program(), *words, *_BOUNDS, stores.remote_of(wanted.where)]
        (self.folder / FOLDER).mkdir(mode=0o755, exist_ok=True)
        log = self._log(wanted.name)
        out = self.folder / FOLDER / f".{wanted.name}.list"
        with log.open("wb") as said, out.open("w+b") as lines:
            process = subprocess.Popen(
                argv,
                env=dict(told),
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=said,
                preexec_fn=partial(die_with_parent, signal.SIGKILL),  # noqa: PLW1509 - one thread
            )
            is_over = self._wait(process, out)
            lines.seek(0)
            found = _summed(lines) if is_over and not process.returncode else {}
        out.unlink()
        why = wanted.masked(_last(log))
        log.unlink()
        if is_over and process.returncode:
            why = why or f"rclone ended with status {process.returncode}"
            message = f"the data `{wanted.name}` cannot be mounted: {why}"
            hint = "see whether the address, the `endpoint` and the `credential` are right"
            raise _cannot("cloud", message, hint)
        return found

    def _wait(self, process: subprocess.Popen[bytes], out: Path) -> bool:
        """Whether a listing came to its end; it is ended where it is too long."""
        until = time.monotonic() + _LISTING_S
        while process.poll() is None:
            is_long = out.stat().st_size > 300 * MOST_FILES
            if self.is_stopped() or is_long or time.monotonic() > until:
                process.kill()
                process.wait()
                return False
            time.sleep(_PAUSE_S)
        return True

    def _mount(self, wanted: Wanted, told: Mapping[str, str], most_cache: int) -> None:
        at = at_of(self.folder, wanted.name)
        at.mkdir(mode=0o755)
        bound = min(most_cache, _MOST_CACHE, cache.room(self.folder) // 4)
        argv = [stores.program(), "mount", stores.remote_of(wanted.where), str(at), *_BOUNDS]
        argv += ["--read-only", "--vfs-cache-mode=full", "--vfs-cache-poll-interval=5s"]
        argv += [f"--vfs-cache-max-size={max(bound, _LEAST_CACHE)}B", "--log-level=ERROR"]
        argv += [f"--cache-dir={self.folder / FOLDER / f'.{wanted.name}.cache'}"]
        # The box of who is root has another user.
        argv += ["--allow-other"] if os.getuid() == 0 else []
        with self._log(wanted.name).open("ab") as said:
            process = subprocess.Popen(
                argv,
                env=dict(told),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                # A job that is asked to end still reads while it writes down what it has.
                start_new_session=True,
                preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509 - one thread
            )
        self._held[wanted.name] = (wanted, process)
        write_json(self._life(wanted.name), vars(life_of(process.pid)))
        until = time.monotonic() + _PATIENCE_S
        while str(at) not in mounts() and not self.is_stopped():
            if process.poll() is not None or time.monotonic() > until:
                why = wanted.masked(_last(self._log(wanted.name))) or "rclone does not say why"
                raise OSError(why)
            time.sleep(_PAUSE_S)

    def _life(self, name: str) -> Path:
        return self.folder / FOLDER / f".{name}.life"


def mounts() -> dict[str, str]:
    """Where something is mounted by rclone on this machine -> what."""
    found = {}
    for line in _TABLE.read_text("utf-8", "surrogateescape").splitlines():
        left, _, right = line.partition(" - ")
        kind, _, rest = right.partition(" ")
        if kind == _TYPE:
            at = _OCTAL.sub(lambda each: chr(int(each[1], 8)), left.split(" ")[4])
            found[at] = rest.partition(" ")[0]
    return found


def below(folder: Path) -> Iterator[Path]:
    """Where something is mounted by rclone below a folder."""
    real = os.path.realpath(folder)
    for at in mounts() if _TABLE.exists() else ():
        if at.startswith(f"{real}/"):
            yield Path(at)


def unmounted(folder: Path) -> None:
    """Take all that rclone has mounted below a folder down, so that nobody deletes into it."""
    for at in below(folder):
        _unmount(at)


def swept(folder: Path) -> list[Path]:
    """Take down what is mounted below a folder by nobody who is there any more."""
    gone = []
    for at in below(folder):
        known = read_json(at.with_name(f".{at.name}.life"))
        try:
            life = Life(int(known["pid"]), int(known["start"]), str(known["boot"]))
        except (KeyError, TypeError, ValueError):
            life = Life()
        if not life.lasts() and at.parent.name == FOLDER:
            _unmount(at)
            away(at.parent)
            gone.append(at)
    return gone


def _unmount(at: Path) -> None:
    if str(at) not in mounts():
        return
    program = shutil.which("fusermount3") or shutil.which("fusermount") or "fusermount3"
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            [program, "-u", "-z", str(at)],
            check=False,
            capture_output=True,
            timeout=_END_S,
        )


def _summed(lines: Any) -> dict[str, Any]:
    """What a listing comes to; nothing where it has too many files."""
    rows = lines.read(300 * MOST_FILES + 1).splitlines()
    if len(rows) > MOST_FILES:
        return {}
    known, size = hashlib.sha256(), 0
    for row in sorted(rows):
        known.update(row + b"\n")
        count = row.split(b"\t")[1:2]
        size += int(count[0]) if count and count[0].isdigit() else 0
    return {"files": len(rows), "bytes": size, "sha256": known.hexdigest()}


def _last(log: Path) -> str:
    """The last error in rclone's log, without its time; else its last line."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 16_384))
            lines = stream.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    said = [each.strip() for each in lines if each.strip() and " NOTICE: " not in each]
    errors = [each for each in said if _STAMP.match(each)]
    if errors:
        return _STAMP.sub("", errors[-1])[:400]
    return "; ".join(_TIME.sub("", each) for each in said[-2:])[:400]


def _cannot(kind: str, message: str, hint: str) -> StepError:
    return StepError(kind, "data/mount", message, hint)
