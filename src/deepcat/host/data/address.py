"""Where data lies: the kinds of address, and the web's address of each file. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

from deepcat.host.data.manifest import fault_of

CATALOG, FILE, WEB, RCLONE = "catalog", "file", "web", "rclone"
GIT, DOI = "git", "doi"
# Mounted by the nodes of a cluster, and nothing else.
NFS, CLAIM = "nfs", "claim"
NFS_PORT, CLAIM_SCHEME = 2049, "pvc"
# Of the web, whose interface names the files of a whole set.
HUB, INVENIO = "hub", "invenio"
# How data comes that is not staged, and what a data set says of a store besides its address.
MOUNT = "mount"
STORE = ("endpoint", "region", "tenant")
# What of a data set is mounted by what: words that a kind of cloud knows, or not.
BY_FUSE, BY_PATH = "data.mount", "data.path"
_MOUNTED_BY = {FILE: BY_PATH, NFS: "data.nfs", CLAIM: "data.claim"}
# Schemes of which rclone fetches; the first two words are what it calls them.
_STORES = {"s3": "s3", "swift": "swift", "webdav": "webdav", "webdavs": "webdav"}
_FOLDER = "datasets/"
_HUB = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})@([0-9a-f]{40})(?:/(.*))?\Z")
_COMMIT = re.compile(r"(//.+)@([0-9a-f]{40}|[0-9a-f]{64})(?:#(.*))?\Z")
_DOI = re.compile(r"(10\.[0-9]{4,9}/[^#?]{1,200})(?:#(.*))?\Z")
_ZENODO = re.compile(r"(?:10\.5281/zenodo\.)?([0-9]{1,12})(?:/(.*))?\Z")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}\Z")
_REMOTE = re.compile(r"([A-Za-z0-9][\w.-]{0,60}):(.*)\Z")
_SERVER = re.compile(r"//([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)/(.+?)/?\Z")
_CLAIMED = re.compile(r"//([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?:/(.+?)?/?)?\Z")
_MOST = 2000
_PLAIN = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True)
class Address:
    """One address, understood.

    Attributes:
        kind: ``catalog``, ``file``, ``web``, ``rclone``, ``git`` or ``doi``, by who fetches;
            ``nfs`` or ``claim``, of what is mounted alone.
        base: of the catalog and of a host the path, of the web the URL; of rclone what follows the
            remote's name; of Git and a DOI the path in it.
        end: what follows each file's address, such as a query; of Git the commit.
        store: of rclone, the kind of storage; ``remote`` for one that is set up here. Of the web
            ``hub`` or ``invenio``, where the files of a whole set can be asked for.
        remote: of rclone, the remote that is set up, or the address of the storage; of Git the
            repository; of a DOI itself; of NFS the server, of a claim its name.
    """

    kind: str
    base: str
    end: str = ""
    store: str = ""
    remote: str = ""

    def url(self, path: str, *, is_whole: bool) -> str:
        """Where one file lies, as far as the web and WebDAV go.

        Args:
            path: of the file below the data set's folder.
            is_whole: whether the address is that of the one file.
        """
        if self.kind == RCLONE:
            below = "" if is_whole else f"/{path}"
            return f"{self.remote}/{quote(self.base.strip('/') + below)}"
        return self.base if is_whole else f"{self.base.rstrip('/')}/{quote(path)}{self.end}"

    @property
    def is_webdav(self) -> bool:
        """Whether it is a store whose files the web's own requests bring."""
        return self.kind == RCLONE and self.store == "webdav"

    @property
    def name(self) -> str:
        """The name of the one file that it is the address of."""
        path = urlsplit(self.base).path if self.kind == WEB else self.base
        return path.rstrip("/").rpartition("/")[2]


def address_of(text: str) -> Address:
    """An address as a person writes it.

    Raises:
        ValueError: it is none; the message says why.
    """
    if len(text) > _MOST or not _PLAIN.match(text):
        raise ValueError(f"is longer than {_MOST} signs, or has others than an address has")
    scheme, colon, rest = text.partition(":")
    if not colon:
        return _catalog(text)
    read = _SCHEMES.get(scheme)
    if read is None:
        raise ValueError(f"has the scheme `{scheme[:20]}`, by which nothing here fetches")
    return read(scheme, rest)


def port_of(parts: SplitResult) -> int | None:
    """The port that a URL names, 0 where it names none; None for one that is no port."""
    try:
        return parts.port or 0
    except ValueError:
        return None


def is_only_mounted(where: Address) -> bool:
    """Whether nothing fetches what lies there."""
    return where.kind in (NFS, CLAIM)


def mounted_by(where: Address) -> str:
    """The word for what mounts it."""
    return _MOUNTED_BY.get(where.kind, BY_FUSE)


def mount_fault(where: Address) -> str:
    """Why nothing mounts what lies at an address; empty where something does."""
    if where.kind in _MOUNTED_BY:
        return ""
    if where.kind == RCLONE:
        is_set_up = where.store == "remote"
        return "is a remote of rclone that is set up here, and on no host" if is_set_up else ""
    if where.kind == WEB and not where.store and not where.end and "?" not in where.base:
        return ""
    return (
        "is none that is mounted: S3, Swift, WebDAV, NFS, a claim, a folder of the web or host is"
    )


def mount_fault_at(text: str) -> str:
    """The same of an address as it is written; of one that is none why it is none."""
    try:
        return mount_fault(address_of(text))
    except ValueError as error:
        return str(error)


def _catalog(text: str) -> Address:
    if not text.startswith(_FOLDER) or fault_of(text):
        raise ValueError("is no path below `datasets/` of the catalog, and no address")
    return Address(CATALOG, text)


def _web(scheme: str, rest: str) -> Address:
    text = f"{scheme}:{rest}"
    parts = urlsplit(text)
    if not parts.hostname or parts.fragment:
        raise ValueError("is no address of the web, or has a fragment")
    if port_of(parts) is None:
        raise ValueError("has a port that is none")
    if "@" in parts.netloc:
        raise ValueError("lets somebody in by itself: name a `credential` instead")
    return Address(WEB, text)


def _file(_: str, rest: str) -> Address:
    path = rest[2:] if rest.startswith("///") else rest
    if not path.startswith("/") or path.startswith("//") or fault_of(path[1:]):
        raise ValueError("is no absolute path: write it as `file:/srv/data/x`")
    return Address(FILE, path)


def _hub(_: str, rest: str) -> Address:
    found = _HUB.match(rest)
    if not found or fault_of(found[3] or "x"):
        raise ValueError("is none of the hub: write it as `hf:OWNER/NAME@COMMIT/PATH`")
    base = f"https://huggingface.co/datasets/{found[1]}/resolve/{found[2]}"
    return Address(WEB, f"{base}/{quote(found[3])}" if found[3] else base, store=HUB)


def _zenodo(_: str, rest: str) -> Address:
    found = _ZENODO.match(rest)
    if not found or fault_of(found[2] or "x"):
        raise ValueError("is no record of Zenodo: write it as `zenodo:RECORD/FILE`")
    base = f"https://zenodo.org/records/{found[1]}/files"
    end = "?download=1"
    return Address(WEB, f"{base}/{quote(found[2])}{end}" if found[2] else base, end, INVENIO)


def _doi(scheme: str, rest: str) -> Address:
    if _ZENODO.match(rest):
        return _zenodo(scheme, rest)
    found = _DOI.match(rest)
    path = unquote(found[2] or "") if found else ""
    if not found or fault_of(path or "x"):
        raise ValueError("is no DOI: write it as `doi:10.7910/DVN/ABC#PATH`")
    return Address(DOI, path, remote=found[1])


def _git(scheme: str, rest: str) -> Address:
    found = _COMMIT.match(rest)
    path = unquote(found[3] or "") if found else ""
    if not found or fault_of(path or "x"):
        raise ValueError(f"is no commit: write it as `{scheme}://HOST/REPOSITORY@COMMIT#PATH`")
    repository = _web(scheme.removeprefix("git+"), found[1]).base
    return Address(GIT, path, found[2], "git", repository)


def _remote(_: str, rest: str) -> Address:
    found = _REMOTE.match(rest)
    if not found:
        raise ValueError("names no remote: write it as `rclone:REMOTE:PATH`")
    return Address(RCLONE, found[2], store="remote", remote=found[1])


def _store(scheme: str, rest: str) -> Address:
    if not rest.startswith("//"):
        raise ValueError(f"is none of its kind: write it as `{scheme}://…`")
    where, _, path = rest[2:].partition("/")
    if path and fault_of(path.rstrip("/")):
        raise ValueError("has a path that is none")
    if _STORES[scheme] == "webdav":
        web = "https" if scheme == "webdavs" else "http"
        if not where or "@" in where:
            raise ValueError("has no host, or lets somebody in by itself")
        if port_of(urlsplit(f"{web}://{where}")) is None:
            raise ValueError("has a port that is none")
        return Address(RCLONE, path, store="webdav", remote=f"{web}://{where}")
    if not _BUCKET.match(where):
        raise ValueError("has no bucket's or container's name")
    return Address(RCLONE, f"{where}/{path}".rstrip("/"), store=_STORES[scheme])


def _nfs(scheme: str, rest: str) -> Address:
    found = _SERVER.match(rest)
    if not found or fault_of(found[2]):
        raise ValueError(f"is no folder of NFS: write it as `{scheme}://SERVER/PATH`")
    return Address(NFS, f"/{found[2]}", remote=found[1])


def _claim(scheme: str, rest: str) -> Address:
    found = _CLAIMED.match(rest)
    if not found or fault_of(found[2] or "x"):
        raise ValueError(f"names no claim: write it as `{scheme}://NAME/PATH`")
    return Address(CLAIM, found[2] or "", remote=found[1])


_SCHEMES: dict[str, Callable[[str, str], Address]] = {
    **{"http": _web, "https": _web, "file": _file, "hf": _hub, "rclone": _remote},
    **{NFS: _nfs, CLAIM_SCHEME: _claim},
    **{"zenodo": _zenodo, "doi": _doi, "git+https": _git, "git+http": _git},
    **dict.fromkeys(_STORES, _store),
}
