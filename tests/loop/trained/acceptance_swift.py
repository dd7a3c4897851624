"""The store of models in a real Swift: `python -m pytest tests/loop/trained/acceptance_swift.py`.

No part of `make test`: its five programs, of Debian's `swift-proxy`, `swift-account`,
`swift-container`, `swift-object` and `memcached`, take too long to start; as root.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from credentials import Authority
from free_ports import free_ports
from stores import require_cut, require_kept, require_swept, served

from deepcat.loop.trained.store import Place

_SECRETS = "[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n"
_POLICY = "[storage-policy:0]\nname = gold\ndefault = yes\n"
_BASE = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {at}
user = root
workers = 0
"""
_NODE = """devices = {at}/node
mount_check = false
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
_PROXY = """cert_file = {certificate}
key_file = {key}
[pipeline:main]
pipeline = catch_errors cache tempauth dlo slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_ada = pass .admin
storage_url_scheme = https
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memory}
"""
_FILTERS = "".join(
    f"[filter:{each}]\nuse = egg:swift#{each}\n" for each in ("catch_errors", "dlo", "slo")
)
pytestmark = pytest.mark.starts("Swift")
KINDS = ("object", "container", "account")


@pytest.fixture
def swift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """One node with one replica, by TLS; a container that everybody may read."""
    at = tmp_path / "swift"
    (at / "node" / "d1").mkdir(parents=True)
    authority = Authority(tmp_path)
    certificate, key = authority.sign("localhost", "swift")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("STORE_KEY", "test:ada")
    monkeypatch.setenv("STORE_SECRET", "pass")
    *ports, proxy, memory = free_ports(5)
    (at / "swift.conf").write_text(_SECRETS + _POLICY)
    env = {"PYTHONPATH": "", "PATH": "/usr/sbin:/usr/bin:/bin"}
    with ExitStack() as stack:
        words = ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(memory)]
        stack.enter_context(served(words, memory, env, at / "log"))
        for kind, port in zip(KINDS, ports, strict=True):
            for word in ("create 4 1 0", f"add r1z1-127.0.0.1:{port}/d1 1", "rebalance"):
                ring = ["swift-ring-builder", str(at / f"{kind}.builder"), *word.split()]
                assert subprocess.run(ring, capture_output=True, check=False).returncode < 2
            settings = at / f"{kind}.conf"
            settings.write_text((_BASE + _NODE).format(port=port, at=at, kind=kind))
            stack.enter_context(
                served([f"swift-{kind}-server", str(settings)], port, env, at / "log")
            )
        given = {"port": proxy, "at": at, "memory": memory, "certificate": certificate, "key": key}
        (at / "proxy.conf").write_text((_BASE + _PROXY).format(**given) + _FILTERS)
        words = ["swift-proxy-server", str(at / "proxy.conf")]
        stack.enter_context(served(words, proxy, env, at / "log"))
        base = f"https://127.0.0.1:{proxy}"
        told = {"SSL_CERT_FILE": str(authority.path), "PATH": env["PATH"]}
        for name, value in (("TYPE", "swift"), ("USER", "test:ada"), ("KEY", "pass")):
            told[f"RCLONE_CONFIG_HERE_{name}"] = value
        told["RCLONE_CONFIG_HERE_AUTH"] = f"{base}/auth/v1.0"
        public = "X-Container-Read: .r:*"
        making = ["rclone", "mkdir", "HERE:models", "--header-upload", public, "--header", public]
        subprocess.run(making, env=told, check=True)
        yield Place(
            "swift://models/own",
            f"{base}/v1/AUTH_test/models/own",
            endpoint=f"{base}/auth/v1.0",
            key="env:STORE_KEY",
            secret="env:STORE_SECRET",
        )


def test_swift(swift: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_kept(swift, tmp_path)
    require_swept(swift, tmp_path, monkeypatch)
    port = int(swift.endpoint.split(":")[2].partition("/")[0])
    require_cut(swift, port, tmp_path)
