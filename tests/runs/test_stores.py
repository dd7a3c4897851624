"""Data in a store: fetched here by rclone, with a secret that nobody else is given."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from deepcat.catalog.values import Dataset
from deepcat.host.data import stores
from deepcat.host.data.address import address_of
from deepcat.host.data.manifest import Piece, made_of
from deepcat.host.failure import StepError
from deepcat.runs import fetched, rclone

FILES = {"points/a.csv": b"1,2\n", "points/deep/b c.csv": b"3,4\n" * 1000, "points/more.csv": b"x"}
SECRET = "pa:ss wörd"
REFERENCE = "env:DEEPCAT_WORKLOAD_STORE"


def test_rclone_is_told_by_its_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-somebody-else")
    given = {"endpoint": "https://s3.example.org", "region": "x"}
    told = rclone.environment(address_of("s3://bucket/points"), given, "key:secret")
    own = {k.rpartition("SOURCE_")[2]: v for k, v in told.items() if "SOURCE_" in k}
    assert own == {
        "TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": "https://s3.example.org", "REGION": "x",
        "ENV_AUTH": "false", "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret",
        "NO_CHECK_BUCKET": "true",
    }  # fmt: skip
    assert "AWS_SECRET_ACCESS_KEY" not in told
    told = rclone.environment(address_of("swift://points/a"), {"endpoint": "https://x/auth"}, "u:k")
    assert told["RCLONE_CONFIG_DEEPCATSOURCE_AUTH"] == "https://x/auth"
    assert told["RCLONE_CONFIG_DEEPCATSOURCE_KEY"] == "k"
    for end, user in (("auth/v1.0", "lab:u"), ("v3", "u"), ("v2.0", "u")):
        given = {"endpoint": f"https://x/{end}", "tenant": "lab"}
        told = rclone.environment(address_of("swift://points/a"), given, "u:k")
        assert told["RCLONE_CONFIG_DEEPCATSOURCE_USER"] == user, end


@pytest.mark.parametrize(
    ("address", "given", "why"),
    [
        ("rclone:hub:points", {}, "is not for data sets"),
        ("webdav://127.0.0.1:1/x", {}, "none of the public web"),
        ("s3://b/x", {"endpoint": "http://169.254.169.254"}, "none of the public web"),
        ("swift://b/x", {}, "names no `endpoint`"),
    ],
)
def test_a_store_of_the_own_network_is_asked_only_where_it_is_named(
    address: str, given: dict[str, str], why: str
) -> None:
    with pytest.raises(StepError, match=why):
        fetched.require_store(address_of(address), given, {})
    settings = {"allowed_data": {"hosts": ["127.0.0.1:1"], "remotes": ["hub"]}}
    for fine in ("rclone:hub:points", "webdav://127.0.0.1:1/x"):
        assert fetched.require_store(address_of(fine), {}, settings) == {}


@pytest.fixture
def store(tmp_path: Path, free_port: int) -> Iterator[str]:
    """A WebDAV server with files, which lets in who knows the secret."""
    for path, content in FILES.items():
        (tmp_path / "store" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "store" / path).write_bytes(content)
    user, _, password = SECRET.partition(":")
    at = f"127.0.0.1:{free_port}"
    argv = ["rclone", "serve", "webdav", str(tmp_path / "store"), f"--addr={at}", f"--user={user}"]
    env = {**os.environ, "RCLONE_PASS": password, "RCLONE_CONFIG": str(tmp_path / "none")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(argv, env=env, stdout=log, stderr=log)
        try:
            until(lambda: _answers(free_port))
            yield at
        finally:
            process.terminate()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def dataset(at: str, **more: Any) -> Dataset:
    pieces = [
        Piece(path.removeprefix("points/"), hashlib.sha256(content).hexdigest())
        for path, content in FILES.items()
        if path != "points/more.csv"
    ]
    data = {"credential": REFERENCE} | more
    size = sum(len(content) for path, content in FILES.items() if path != "points/more.csv")
    return Dataset("points", "", f"webdav://{at}/points", made_of(pieces), size, data)


@pytest.mark.system("rclone")
@pytest.mark.starts("a WebDAV server")
def test_what_its_manifest_names_comes_from_a_store_and_nothing_else(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"allowed_data": {"hosts": [store]}}
    kept = tmp_path / "kept"
    monkeypatch.setenv("DEEPCAT_WORKLOAD_STORE", "pa:wrong")
    with pytest.raises(StepError, match="answered with 401") as caught:
        fetched.here(dataset(store), kept, settings, str.encode)
    assert "wrong" not in caught.value.message
    monkeypatch.setenv("DEEPCAT_WORKLOAD_STORE", SECRET)
    found = fetched.here(dataset(store), kept, settings, str.encode)
    assert found.sent == 4004
    assert {
        f"points/{path.relative_to(found.path).as_posix()}": path.read_bytes()
        for path in found.path.rglob("*")
        if path.is_file()
    } == {path: FILES[path] for path in FILES if path != "points/more.csv"}
    assert [each.name for each in kept.iterdir()] == [found.path.name]
    assert fetched.here(dataset(store), kept, settings, str.encode).sent == 0

    (tmp_path / "store" / "points" / "a.csv").write_bytes(b"9,9\n")
    with pytest.raises(StepError, match="it changed"):
        fetched.here(dataset(store), tmp_path / "anew", settings, str.encode)
    (tmp_path / "store" / "points" / "a.csv").write_bytes(FILES["points/a.csv"])
    with pytest.raises(StepError, match="sends more"):
        fetched.here(replace(dataset(store), bytes=10), tmp_path / "small", settings, str.encode)


@pytest.mark.system("rclone")
@pytest.mark.starts("a WebDAV server")
def test_one_file_comes_by_its_own_address(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPCAT_WORKLOAD_STORE", SECRET)
    content = FILES["points/a.csv"]
    one = made_of([Piece("a.csv", hashlib.sha256(content).hexdigest())])
    data = Dataset(
        "a", "", f"webdav://{store}/points/a.csv", one, 4, {"credential": REFERENCE, "sha256": "x"}
    )
    found = fetched.here(data, tmp_path / "kept", {"allowed_data": {"hosts": [store]}}, str.encode)
    assert (found.path / "a.csv").read_bytes() == content


@pytest.mark.system("rclone")
@pytest.mark.starts("a WebDAV server")
def test_what_was_cut_in_the_middle_of_a_file_goes_on(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPCAT_WORKLOAD_STORE", SECRET)
    settings = {"allowed_data": {"hosts": [store], "remotes": ["hub"]}}
    user, _, password = SECRET.partition(":")
    config = tmp_path / "rclone.conf"
    argv = ["rclone", f"--config={config}", "config", "create", "hub", "webdav", f"url=http://{store}",
            f"user={user}", f"pass={password}", "vendor=other"]  # fmt: skip
    subprocess.run(argv, check=True, capture_output=True)
    monkeypatch.setenv("RCLONE_CONFIG", str(config))
    monkeypatch.setattr(fetched, "_LARGE", 1)
    cut = FILES["points/deep/b c.csv"]
    remote = replace(dataset(store), address="rclone:hub:points", data={})
    for kept, data in ((tmp_path / "dav", dataset(store)), (tmp_path / "remote", remote)):
        part = kept / f".{data.digest}.part" / "deep" / "b c.csv:part"
        part.parent.mkdir(parents=True)
        part.write_bytes(cut[:3000])
        assert fetched.here(data, kept, settings, str.encode).sent == 4004 - 3000
    # What lay there of an older one is of no use.
    part = tmp_path / "older" / f".{remote.digest}.part" / "a.csv:part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"9")
    found = fetched.here(remote, tmp_path / "older", settings, str.encode)
    assert (found.path / "a.csv").read_bytes() == FILES["points/a.csv"]
    with pytest.raises(StepError, match="sends more"):
        fetched.here(replace(remote, bytes=3), tmp_path / "small", settings, str.encode)
    gone = replace(remote, address="rclone:hub:nowhere")
    with pytest.raises(StepError, match="rclone cannot have it"):
        fetched.here(gone, tmp_path / "gone", settings, str.encode)
    # Small files come together.
    monkeypatch.setattr(fetched, "_LARGE", 1 << 20)
    assert fetched.here(remote, tmp_path / "small", settings, str.encode).sent == 4004


def test_a_secret_that_is_not_for_workloads_is_never_looked_up(tmp_path: Path) -> None:
    from deepcat.errors import DeepcatError

    with pytest.raises(DeepcatError, match="may not be given"):
        fetched.here(dataset("x.example", credential="env:GITHUB_TOKEN"), tmp_path, {}, str.encode)


@pytest.mark.parametrize(
    ("secret", "id_", "key"),
    [
        ("AKIA4:se/c+ret", "AKIA4", "se/c+ret"),
        ("AKIA4:se:cret", "AKIA4", "se:cret"),
        ("lab%3Aada:se%3Acret", "lab:ada", "se%3Acret"),
    ],
)
def test_a_key_of_s3_ends_at_the_first_colon(secret: str, id_: str, key: str) -> None:
    told = stores.environment(address_of("s3://points/set"), {}, secret)
    assert told[f"RCLONE_CONFIG_{stores.OWN}_ACCESS_KEY_ID"] == id_
    assert told[f"RCLONE_CONFIG_{stores.OWN}_SECRET_ACCESS_KEY"] == key
