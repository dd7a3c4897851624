"""Bring to a host what a deployment needs there, and take away what none needs any more."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any, Literal

from deepcat.clouds.kind import Ground
from deepcat.errors import DeepcatError
from deepcat.host.deepaas import package
from deepcat.host.environments.locks import pins_in
from deepcat.host.failure import StepError
from deepcat.remote.ground import choose, uses
from deepcat.remote.ground.bring import OWN, Brought, Host, Thing, failed
from deepcat.remote.ground.choose import GroundError
from deepcat.remote.ground.facts import AGENT, Python, whole
from deepcat.remote.ground.index import fetching
from deepcat.remote.ground.shore import Shore
from deepcat.remote.link import Link
from deepcat.runtime import build, environments, interpreter
from deepcat.runtime.packing import checksum
from deepcat.runtime.values import Archive, Packed

# Larger files go by their checksum, so that one that was cut off goes on.
_LARGE = 1 << 20
_PULL_S = 900.0
# The oldest Python that plug-ins run by, by the number behind the dot.
_PLUGINS = 11


@dataclass(frozen=True, slots=True)
class Given:
    """What a deployment's host is given.

    Attributes:
        agent: the archive of our own code; its name on the host is `agent_folder`'s last part.
        agent_folder: where it lies there.
        place: the deployment's folder there.
        files: the folder here whose files it needs; None when it needs none.
        run: the run's id.
        plugs_in: whether the module's plug-in of DEEPaaS is to run there.
        locks: the module's files that pin what its trainings run in.
    """

    agent: Path
    agent_folder: str
    place: str
    files: Path | None
    run: str
    plugs_in: bool = False
    locks: tuple[str, ...] = ()


def host_of(ground: Mapping[str, Any], link: Mapping[str, Any]) -> tuple[Ground, Host]:
    """A host and what it is to be given, from plain data as a run's variables have it."""
    data = {**link, **{key: tuple(link[key]) for key in ("known_hosts", "jump") if key in link}}
    wanted = Ground(**{**ground, "ways": tuple(ground.get("ways") or ())})
    shore = Shore(Link(**data) if link else None)
    pythons = (wanted.python,) if wanted.python else ()
    return wanted, Host(shore, wanted.base, wanted.cache, order=wanted.ways, pythons=pythons)


def bring(ground: Ground, host: Host, given: Given) -> dict[str, Any]:
    """Bring all that is not there yet; gives what the tasks that follow are told.

    Raises:
        GroundError: it cannot be brought.
        DeepcatError: what is to be brought cannot be built here.
    """
    try:
        return _bring(ground, host, given)
    except GroundError:
        with suppress(GroundError, DeepcatError):  # nor is that host reached any more
            host.shore.run(uses.forgetting(given.place))
        raise


def _bring(ground: Ground, host: Host, given: Given) -> dict[str, Any]:
    container = _container(ground, host) if ground.serves else None
    serves = ground.serves and container is None
    site = build.built(gpu=ground.gpu).site if serves else None
    own = choose.pythons(host.facts, site.python if site else "")
    things = [_agent(given)]
    brings_python = own.brings(serves=serves)
    python = build.built(gpu=ground.gpu, with_python=True).python if brings_python else None
    for archive in (python, site):
        if archive is not None:
            choose.require_machine(host.facts, archive.machine)
            things.append(_of(archive))
    if site is not None and ground.index and own.serving and "pip" in own.serving.has:
        things[-1] = replace(things[-1], index=_fetching(host, ground, own.serving.path, site))
    plugin = packages_of(ground, host, given, own.steps) if given.plugs_in else None
    if plugin is not None:
        things.append(plugin)
    made = {lock: environment_of(ground, host, given, own.steps, lock) for lock in given.locks}
    things += [each for each in made.values() if each is not None]
    _note(host, given.place, [thing.target for thing in things])
    lies = {thing.target: host.bring(thing) for thing in things}
    root = lies[choose.runtime(python.id)].path if python else ""
    brought = _files(host, given) if given.files else []
    found: dict[str, Any] = {
        "deepcat_python": [own.steps.path] if own.steps else list(interpreter.command(root)),
        "deepcat_agent": lies[f"{AGENT}/{_name(given)}"].path,
        "deepcat_brought": brought,
    }
    if container is not None:
        found["deepcat_serving"] = container
    if given.plugs_in:
        lying = {"path": lies[plugin.target].path} if plugin else {"index": ground.index}
        found["deepcat_packages"] = lying
    if made:
        found["deepcat_environments"] = {
            lock: {"path": lies[each.target].path} if each else {"index": ground.index}
            for lock, each in made.items()
        }
    if site is not None:
        found["deepcat_serving"] = _serving(own, root, lies[choose.runtime(site.id)], found)
    return {"facts": found, "ways": {each.target: lies[each.target].way for each in things}}


def sweep(host: Host) -> list[str]:
    """Take away what no deployment on the host names; gives what went."""
    said = host.shore.run(uses.sweeping(host.base))
    return [line[6:] for line in said.out.splitlines() if line.startswith("swept=")]


def _container(ground: Ground, host: Host) -> dict[str, Any] | None:
    """By which engine and image servers run; None where they run in none.

    Raises:
        GroundError: the image cannot be had, and the cloud's file allows no other way.
    """
    engine = choose.engine(host.facts, ground.image, ground.ways)
    if not engine:
        return None
    image = quote(ground.image)
    code = f"{engine} image inspect {image} >/dev/null 2>&1 || {engine} pull -q {image} >/dev/null"
    said = host.shore.run(code, patience_s=_PULL_S)
    if said.rc == 0:
        return {"engine": engine, "image": ground.image}
    if ground.ways == (choose.REGISTRY,):
        raise failed(said, f"`{ground.image}` cannot be pulled")
    return None


def _serving(
    own: choose.Pythons, root: str, site: Brought, found: Mapping[str, Any]
) -> dict[str, Any]:
    words = [own.serving.path] if own.serving else list(interpreter.command(root))
    reads = [] if own.serving else [root]
    return {"python": words, "path": [f"{site.path}/site", found["deepcat_agent"]], "reads": reads}


def _name(given: Given) -> str:
    return given.agent_folder.rpartition("/")[2]


def _agent(given: Given) -> Thing:
    name, path = _name(given), given.agent
    packed = Packed(path, path.stat().st_size, checksum(path))
    return Thing(f"{AGENT}/{name}", name, 5 * packed.size, lambda _: packed)


def _of(archive: Archive) -> Thing:
    target = choose.runtime(archive.id)
    return Thing(target, archive.label, archive.unpacked, partial(build.packed, archive))


def packages_of(ground: Ground, host: Host, given: Given, python: Python | None) -> Thing | None:
    """The environment of the module's plug-in; None where the host makes it by its own index.

    Raises:
        GroundError: it cannot be made here, or the host's Python is too old for it.
    """
    if python is not None and python.minor < _PLUGINS:
        message = f"the host's Python is {python.version}, and plug-ins need 3.{_PLUGINS}"
        raise GroundError("cloud", "run/host", message, "give the host Python 3.11 or newer")
    path = _package(given) / package.LOCK
    return _environment(ground, host, python, lambda: package.lock_of(path.read_text("utf-8")))


def environment_of(
    ground: Ground, host: Host, given: Given, python: Python | None, lock: str
) -> Thing | None:
    """The environment of a training; None where the host makes it by its own index.

    Raises:
        GroundError: it cannot be made here, or the module has no such lock.
    """
    assert given.files is not None  # noqa: S101 - a training comes with files
    folder = given.files / "module"
    return _environment(
        ground, host, python, lambda: pins_in(folder, lock, python.version if python else OWN)
    )


def _environment(
    ground: Ground, host: Host, python: Python | None, pins: Callable[[], Sequence[str]]
) -> Thing | None:
    """What a lock names, made for the host's Python; None where the host makes it itself."""
    ways = ground.ways or choose.WAYS
    may_fetch = choose.INDEX in ways and python is not None and "pip" in python.has
    if ground.index and may_fetch:
        return None
    if choose.PUSH not in ways:
        message = "no way that the cloud's file allows brings the environment to the host"
        raise GroundError("cloud", "run/environment", message, "add `push` to its `ways`")
    try:
        made = environments.built(pins(), python.version if python else OWN)
    except StepError as error:
        raise GroundError(error.kind, error.code, error.message, error.hint) from None
    choose.require_machine(host.facts, made.machine)
    return _of(made)


def _package(given: Given) -> Path:
    """The folder here that holds the plug-in."""
    assert given.files is not None  # noqa: S101 - a plug-in comes with files
    return given.files / "module" / package.FOLDER


def _fetching(host: Host, ground: Ground, python: str, site: Archive) -> tuple[str, bytes]:
    target, base = choose.runtime(site.id), host.facts.base
    if target in host.facts.there:
        return "", b""
    kept = [name.removeprefix("site/") for name in build.names(site)]
    return fetching(python, base, target, ground.index, build.lock_of(gpu=ground.gpu), kept)


def _note(host: Host, place: str, targets: Sequence[str]) -> None:
    said = host.shore.run(uses.noting(place, targets))
    if said.rc:
        raise failed(said, f"`{place}` cannot be written")


def _files(host: Host, given: Given) -> list[str]:
    """Bring the deployment's own files; gives the name of their folder here, where that is done."""
    if given.files is None or "tar" not in host.facts.tools:
        return []
    into = f"{given.place}/.run-{given.run}"
    paths = [path for path in sorted(given.files.rglob("*")) if path.is_file()]
    large = [path for path in paths if path.stat().st_size >= _LARGE and not path.is_symlink()]
    small = [path for path in paths if path not in large and not path.is_symlink()]
    content = _tar(given.files, small, "w:gz" if "gzip" in host.facts.tools else "w")
    unpack = "gzip -dc | tar -xf -" if "gzip" in host.facts.tools else "tar -xf -"
    enter = f"export LC_ALL=C; umask 022; mkdir -p {whole(into)} && cd {whole(into)}"
    code = f"{enter} && {unpack} && pwd -P"
    said = host.shore.run(code, content)
    if said.rc:
        raise failed(said, f"`{into}` cannot be written")
    host.sent += len(content)
    folder = said.out.splitlines()[-1]
    for path in large:
        packed = Packed(path, path.stat().st_size, _sha256(path))
        host.sent += host.pour(packed, f"{folder}/{path.relative_to(given.files).as_posix()}")
    return [given.files.name]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _tar(folder: Path, paths: Sequence[Path], mode: Literal["w", "w:gz"]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode=mode) as tar:
        for path in paths:
            tar.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return raw.getvalue()


__all__ = ["Given", "GroundError", "bring", "host_of", "packages_of", "sweep"]
