"""EDGE of the doctor: looks at this machine, the folder's repository and what is installed."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from deepcat import git
from deepcat.catalog.cloud_kinds import installed, names
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import read_settings
from deepcat.catalog.stores import is_by_rclone
from deepcat.catalog.wording import count
from deepcat.clouds.means import means
from deepcat.clouds.registry import probe
from deepcat.doctor.parts import Part, Wanted
from deepcat.errors import DeepcatError
from deepcat.extras import is_there
from deepcat.host.box.layers import Layers, available, lacking
from deepcat.quantities import human_memory
from deepcat.secrets.addresses import without_user
from deepcat.secrets.mask import mask

# Signatures by SSH keys, which records and approvals are held against.
_GIT_LEAST = (2, 34)
_MANY = 1 << 30
_NVIDIA, _AMD = Path("/proc/driver/nvidia/gpus"), Path("/sys/class/kfd/kfd/topology/nodes")
_ALL_LAYERS = Layers(True, True, True, 99, True, True, True).as_dict()
_LAYERS = {
    "user": ("user", "a user of its own"),
    "namespaces": ("namespaces", "processes and a network of its own"),
    "mounts": ("mounts", "a root of its own"),
    "landlock": ("landlock", "rules on files"),
    "seccomp": ("seccomp", "a filter of system calls"),
    "no_new_privs": ("no new privileges", "programs of root gain nothing"),
    "cgroup": ("control groups", "one bound for all of its processes"),
}
_NO_USER = "run as root, so that each box has a user of its own"
_MODEL = re.compile(r"^Model:\s*(.+?)\s*$", re.MULTILINE)


def wanted(root: Path) -> Wanted:
    """What the catalog asks of this machine."""
    tree = work_tree(root)
    catalog = load(tree)
    kinds = {name: cloud.kind for name, cloud in catalog.clouds.items()}
    settings = read_settings(tree)
    places = [set(wish.placement.clouds or kinds) for wish in catalog.deployments.values()]
    here = {name for name, kind in kinds.items() if _runs_here(kind)}
    return Wanted(
        deploys=bool(places),
        here=any(here & place for place in places),
        unknown=_unknown(kinds, places),
        unboxed=settings.get("unboxed") is True,
        policies=bool(tree.entries("policies")),
        rclone=is_by_rclone(settings.get("store")),
    )


def _unknown(kinds: Mapping[str, str], places: Iterable[set[str]]) -> tuple[str, ...]:
    """The kinds of cloud that no package brings and without which a deployment has no place."""
    found: set[str] = set()
    for place in places:
        asked = {kinds[name] for name in place & kinds.keys()}
        found |= asked if asked.isdisjoint(names()) else set()
    return tuple(sorted(found))


def _runs_here(kind: str) -> bool:
    found = installed(kind)
    return bool(found and found.kind and found.kind.is_here)


def parts(root: Path, wanted: Wanted | None) -> tuple[Part, ...]:
    """All that a job may need, and what helps to understand the rest."""
    return (
        _python(),
        _git(root),
        _name(root),
        Part("remote", _remote(root), "`git remote add origin ADDRESS` shares the catalog"),
        Part("records", _records(root), "the first `deepcat apply` makes them"),
        _repository(root),
        Part("loopback", _loopback(), "`ip link set dev lo up`"),
        _installed("ansible", "ansible-core", "run"),
        _installed("supervisord", "supervisor", "run"),
        _installed("tensorflow", "tensorflow", "serve"),
        _installed("grpc", "grpcio", "serve"),
        _installed("mkdocs", "mkdocs-material", "site"),
        _installed("github", "PyGithub", "forge"),
        _both("policy readers", ("cel-expr-python", "regopy"), "policy"),
        _installed("apprise", "apprise", "notify"),
        _readers(),
        _kinds(wanted),
        _program("ssh-keygen", "install OpenSSH's client"),
        _program("rclone", "install rclone: it reaches WebDAV, Swift and S3"),
        *box(available(), unboxed=wanted is not None and wanted.unboxed),
        Part("gpus", ", ".join(_gpus()), "without one, models run on the processor"),
        _disk(root),
        *_of_developers(root),
    )


def box(layers: Layers, *, unboxed: bool = False) -> Iterator[Part]:
    """The box, and its layers one by one."""
    found = "holds a stranger's program" if layers.suffices else ""
    if unboxed and not found:
        found = "none, and deepcat.yaml does without: `unboxed: true`"
    yield Part("box", found, "; ".join(lacking(layers)))
    for field, (name, what) in _LAYERS.items():
        hints = lacking(Layers.from_dict(_ALL_LAYERS | {field: 0}))
        found = what if getattr(layers, field) else ""
        yield Part(f"box: {name}", found, hints[0] if hints else _NO_USER)


def _python() -> Part:
    version = ".".join(map(str, sys.version_info[:3]))
    return Part("python", f"Python {version}, {sys.executable}")


def _repository(root: Path) -> Part:
    """The Git repository that holds the catalog, for records are a ref of it."""
    try:
        done = git.run(root, ("rev-parse", "--absolute-git-dir"))
    except DeepcatError as error:
        return Part("repository", "", error.hint)
    said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
    found = done.stdout.decode(errors="replace").strip() if not done.returncode else ""
    hint = "git init -b main" if "not a git repo" in said else said.partition("\n")[0]
    return Part("repository", found, hint or "git init -b main")


def has_loopback() -> bool:
    """Whether what listens at 127.0.0.1 can be reached there."""
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), timeout=5),
        ):
            return True
    except OSError:
        return False


def _loopback() -> str:
    return "127.0.0.1 answers" if has_loopback() else ""


def _both(name: str, distributions: Sequence[str], extra: str) -> Part:
    """A part that several packages make up."""
    found = [_installed(name, each, extra) for each in distributions]
    if not all(each.is_there for each in found):
        return Part(name, "", found[0].hint)
    return Part(name, ", ".join(each.found for each in found))


def _of_developers(root: Path) -> Iterator[Part]:
    """What only who changes deepcat itself needs: in a checkout of it alone."""
    if (root / "generator" / "web" / "package.json").is_file():
        yield _program("node", "install Node: it bundles what runs in the browser")
        yield _program("chromium", "install Chromium: tests look at the website in it")


def clouds(root: Path) -> dict[str, tuple[str, str]]:
    """Asks each cloud of the catalog: its name -> what it answers, why it does not."""
    found, given = {}, means(root)
    for name, cloud in sorted(load(work_tree(root)).clouds.items()):
        seen = probe(cloud, given)
        if seen is None:
            found[name] = "", f"install what brings the kind {cloud.kind}"
        elif seen.healthy:
            shapes = count(len(seen.shapes), "shape")
            found[name] = f"answers, {shapes}" if seen.shapes else "answers", ""
        else:
            found[name] = "", seen.detail or "it does not answer"
    return found


def _git(root: Path) -> Part:
    said = git.says(root, "--version").decode(errors="replace").strip()
    version = re.search(r"(\d+)\.(\d+)", said)
    if version and tuple(map(int, version.groups())) >= _GIT_LEAST:
        return Part("git", said)
    least = ".".join(map(str, _GIT_LEAST))
    return Part("git", "", f"install Git {least} or newer; here is {said or 'none'}")


def _name(root: Path) -> Part:
    asked = ("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    # Name, address, time, zone.
    found = git.says(root, *asked).decode(errors="replace").strip().rsplit(" ", 2)[0]
    hint = "records bear deepcat's name: `git config --global user.name …`, and `user.email`"
    return Part("name", found, hint)


def _remote(root: Path) -> str:
    address = git.says(root, "remote", "get-url", "origin").decode(errors="replace").strip()
    return mask(without_user(address))


def _records(root: Path) -> str:
    told = git.says(root, "log", "-1", "--format=%cI", "refs/heads/records").decode().strip()
    return f"last written {told}" if told else ""


def _installed(name: str, distribution: str, extra: str) -> Part:
    hint = f"pip install 'deepcat[{extra}]'"
    try:
        return Part(name, f"{distribution} {importlib.metadata.version(distribution)}")
    except importlib.metadata.PackageNotFoundError:
        return Part(name, "", hint)


def _readers() -> Part:
    """What is compiled of what reads and judges files: all of it has its like in Python."""
    compiled = {
        "ryaml": is_there("ryaml"),
        "jsonschema-rs": is_there("jsonschema_rs"),
        "PyYAML with libyaml": bool(yaml.__with_libyaml__),
    }
    lacks = " and ".join(name for name, there in compiled.items() if not there)
    if not lacks:
        return Part("quick readers", ", ".join(compiled))
    hint = f"without {lacks} all works the same, more slowly: pip install 'deepcat[fast]'"
    return Part("quick readers", "", hint)


def _kinds(wanted: Wanted | None) -> Part:
    unknown = wanted.unknown if wanted else ()
    if unknown:
        return Part("kinds of cloud", "", f"install what brings the kind {', '.join(unknown)}")
    return Part("kinds of cloud", ", ".join(names()))


def _program(name: str, hint: str) -> Part:
    return Part(name, shutil.which(name) or "", hint)


def _gpus() -> Iterator[str]:
    for path in sorted(_NVIDIA.glob("*/information")):
        found = _MODEL.search(path.read_text(errors="replace"))
        yield found[1] if found else "NVIDIA"
    for path in sorted(_AMD.glob("*/gpu_id")):
        if path.read_text().strip() not in ("", "0"):
            yield "AMD"


def _disk(root: Path) -> Part:
    free = shutil.disk_usage(root).free
    said = f"{human_memory(free >> 20)} free"
    if free < _MANY:
        return Part("disk", "", f"{said}: models and runs need 1 GiB")
    return Part("disk", said)
