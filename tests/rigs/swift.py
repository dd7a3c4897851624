"""A real Swift of one node on loopback, whose own accounts let in, by S3's interface, too.

It is of the system's packages.
"""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from free_ports import free_ports
from stores import answers
from waiting import until

ACCOUNT, USER, KEY = "lab", "ada", "k:ey"
PROGRAMS = tuple(f"swift-{name}" for name in ("account-server", "proxy-server", "ring-builder"))
_KINDS = ("account", "container", "object")
_PATH = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
_HASH = """[swift-hash]
swift_hash_path_prefix = a
swift_hash_path_suffix = b
[storage-policy:0]
name = only
default = yes
"""
_COMMON = "[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nswift_dir = {etc}\nuser = {user}\n"
_SERVER = _COMMON + (
    "workers = 0\ndevices = {disks}\nmount_check = false\n"
    "[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n"
)
_PROXY = _COMMON + (
    "workers = 0\n{tls}[pipeline:main]\npipeline = catch_errors cache s3api tempauth proxy-server\n"
    "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
    "[filter:s3api]\nuse = egg:swift#s3api\nallow_multipart_uploads = false\n"
    "[filter:tempauth]\nuse = egg:swift#tempauth\nuser_{account}_{name} = {key} .admin\n"
    "storage_url_scheme = {scheme}\n"
    "[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:{cache}\n"
    "[filter:catch_errors]\nuse = egg:swift#catch_errors\n"
)


@dataclass(frozen=True)
class Swift:
    """One that answers.

    Attributes:
        at: its host and port.
        scheme: ``https`` where it speaks TLS.
        token: that lets its owner in.
    """

    at: str
    token: str
    scheme: str = "http"

    @property
    def auth(self) -> str:
        return f"{self.scheme}://{self.at}/auth/v1.0"

    def put(self, path: str, content: bytes | None = None, readers: str = "") -> None:
        """Make a container, which readers may read, or, with content, an object."""
        url = f"{self.scheme}://{self.at}/v1/AUTH_{ACCOUNT}/{path}"
        told = {"X-Auth-Token": self.token} | ({"X-Container-Read": readers} if readers else {})
        asked = urllib.request.Request(url, content or b"", told, method="PUT")
        urllib.request.urlopen(asked, timeout=30).close()


@contextmanager
def running(folder: Path, secure: tuple[Path, Path] | None = None) -> Iterator[Swift]:
    """Swift with its files in a folder, until the end.

    Args:
        folder: the folder.
        secure: a certificate and its key, by which it speaks TLS; None where it does not.
    """
    etc, disks = folder / "etc", folder / "disks"
    etc.mkdir(parents=True)
    (disks / "one").mkdir(parents=True)
    (etc / "swift.conf").write_text(_HASH)
    *ports, proxy, cache = free_ports(5)
    given = {"etc": etc, "user": "root", "disks": disks}
    for kind, port in zip(_KINDS, ports, strict=True):
        _ring(etc / f"{kind}.builder", port)
        (etc / f"{kind}-server.conf").write_text(_SERVER.format(kind=kind, port=port, **given))
    own = {"account": ACCOUNT, "name": USER, "key": KEY, "cache": cache, "tls": ""}
    own["scheme"] = scheme = "https" if secure else "http"
    if secure:
        own["tls"] = "cert_file = {}\nkey_file = {}\n".format(*secure)
    (etc / "proxy-server.conf").write_text(_PROXY.format(port=proxy, **given, **own))
    begun = [["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(cache)]]
    begun += [[f"swift-{kind}-server", f"{etc}/{kind}-server.conf"] for kind in (*_KINDS, "proxy")]
    with ExitStack() as stack:
        for argv in begun:
            log = stack.enter_context((folder / f"{argv[0]}.log").open("wb"))
            process = subprocess.Popen(argv, env=_PATH, stdout=log, stderr=log, cwd=folder)
            stack.callback(_ended, process)
        at = f"127.0.0.1:{proxy}"
        # The proxy may answer before those that it asks do.
        until(lambda: all(map(answers, ports)))
        yield Swift(at, until(lambda: _token(at, scheme)), scheme)


def _ring(builder: Path, port: int) -> None:
    words = (
        ("create", "2", "1", "0"),
        ("add", f"r1z1-127.0.0.1:{port}/one", "1"),
        ("rebalance",),
    )
    for each in words:
        argv = ["swift-ring-builder", str(builder), *each]
        subprocess.run(argv, env=_PATH, check=True, capture_output=True)


def _token(at: str, scheme: str) -> str:
    told = {"X-Auth-User": f"{ACCOUNT}:{USER}", "X-Auth-Key": KEY}
    try:
        asked = urllib.request.Request(f"{scheme}://{at}/auth/v1.0", headers=told)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return str(answer.headers["X-Auth-Token"])
    except OSError:
        return ""


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
