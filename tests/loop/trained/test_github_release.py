"""A store of models in a release of GitHub, by a loopback GitHub that its contract holds."""

from __future__ import annotations

import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from credentials import Authority
from stores import CONTENT, archive_of, require_cut, require_kept, require_swept

from deepcat.errors import DeepcatError
from deepcat.loop.trained.store import YOUNG_S, ModelStore, Place
from deepcat.loop.trained.stores import web
from deepcat.loop.trained.stores.github_release import GitHubRelease

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs" / "github"))

from github_contract import Contract
from github_fixtures import contract
from github_releases import STORAGE
from github_server import GitHub

__all__ = ["contract"]

pytestmark = pytest.mark.starts("a GitHub")
OWN = ("github.com", "api.github.com", "uploads.github.com", STORAGE)
UPLOAD = "POST /repos/{owner}/{repo}/releases/{release_id}/assets"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited."""
    found: list[float] = []
    monkeypatch.setattr(web, "_sleep", found.append)
    return found


@contextmanager
def served(
    contract: Contract, folder: Path, monkeypatch: pytest.MonkeyPatch, *, is_own: bool = False
) -> Iterator[tuple[GitHub, Place]]:
    """A GitHub with TLS, and the store in a release of it."""
    (folder / "tls").mkdir()
    authority = Authority(folder / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("STORE_SECRET", "secret-token")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*authority.sign("forge", "forge", hosts=OWN))
    hub = GitHub(contract, tls, is_own=is_own)
    host = "github.com" if is_own else f"127.0.0.1:{hub.port}"
    try:
        where = f"github-release://{host}/deep/catalog/models"
        yield hub, Place(where, "", secret="env:STORE_SECRET")
    finally:
        hub.close()
    assert not hub.violations, hub.violations


@pytest.fixture
def enterprise(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[GitHub, Place]]:
    with served(contract, tmp_path, monkeypatch) as found:
        yield found


def times(hub: GitHub, call: str) -> int:
    """How often something was asked."""
    return sum(name.endswith(call) for name, _ in hub.calls)


def test_what_is_kept_is_whole(
    enterprise: tuple[GitHub, Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, place = enterprise
    require_kept(place, tmp_path)
    (sha256,) = ModelStore(place).names()
    assert hub.attached.named() == [f"{sha256}.intoto.json", f"{sha256}.tar.gz"]
    (release,) = hub.attached.releases.values()
    assert (release["tag_name"], release["draft"]) == ("models", False)
    made = next(
        body for name, body in hub.calls if name.endswith("POST /repos/{owner}/{repo}/releases")
    )
    assert made["make_latest"] == "false"
    require_cut(place, hub.port, tmp_path)
    require_swept(place, tmp_path, monkeypatch)
    assert len(hub.attached.assets) == 1
    monkeypatch.setenv("STORE_SECRET", "0" * 40)
    with pytest.raises(DeepcatError, match="401: Bad credentials") as caught:
        ModelStore(place).put(*archive_of(tmp_path))
    assert (caught.value.code, "0" * 40 in caught.value.message) == ("store/failed", False)


def test_githubs_own_hosts_are_asked_each_for_its_own(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the names that GitHub publishes, which lead to one server here."""
    asked, look_up = set(), socket.getaddrinfo

    def here(host: str, port: Any, *args: Any, **named: Any) -> Any:
        if host in OWN:
            asked.add(host)
            return look_up("127.0.0.1", hub.port, *args, **named)
        raise OSError(f"`{host}` is none of GitHub's")

    with served(contract, tmp_path, monkeypatch, is_own=True) as (hub, place):
        with monkeypatch.context() as led:
            led.setattr(socket, "getaddrinfo", here)
            require_kept(place, tmp_path)
        assert asked == set(OWN)


def test_what_is_there_is_not_sent_again(
    enterprise: tuple[GitHub, Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that might be swept is made young by a label, and its address gives it all the time."""
    hub, place = enterprise
    path, sha256 = archive_of(tmp_path)
    store = ModelStore(place)
    store.put(path, sha256)
    (asset,) = hub.attached.assets.values()
    number = asset["id"]
    asset["created_at"] = "2020-01-01T00:00:00Z"
    assert store.names()[sha256][1] > YOUNG_S
    store.put(path, sha256)
    assert (times(hub, UPLOAD), list(hub.attached.assets)) == (1, [number])
    assert store.names()[sha256][1] < 60
    assert store.sweep(()) == ()
    # What is spoiled there, by whatever, is written anew.
    hub.attached.contents[number] = b"x" * len(CONTENT)
    store.put(path, sha256)
    assert (times(hub, UPLOAD), hub.attached.named()) == (2, [f"{sha256}.tar.gz"])
    assert list(hub.attached.contents.values())[-1] == CONTENT


def test_what_is_kept_anew_once_who_sweeps_has_looked_stays(
    enterprise: tuple[GitHub, Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, place = enterprise
    path, sha256 = archive_of(tmp_path)
    store = ModelStore(place)
    store.put(path, sha256)
    for each in hub.attached.assets.values():
        each["created_at"] = "2020-01-01T00:00:00Z"
    find = store._backend.find

    def then(name: str) -> object:
        found = find(name)
        ModelStore(place).put(path, sha256)
        return found

    monkeypatch.setattr(store._backend, "find", then)
    store.sweep(())
    assert hub.attached.named() == [f"{sha256}.tar.gz"]


def test_what_was_left_half_is_sent_again(enterprise: tuple[GitHub, Place], tmp_path: Path) -> None:
    hub, place = enterprise
    path, sha256 = archive_of(tmp_path)
    hub.fail(UPLOAD, 502)
    ModelStore(place).put(path, sha256)
    assert (times(hub, UPLOAD), hub.attached.named()) == (2, [f"{sha256}.tar.gz"])
    # Nothing is left of a file where it fails each time; one of somebody who was killed goes later.
    hub.fail(UPLOAD, 502, times=3)
    with pytest.raises(DeepcatError, match="is answered 502"):
        ModelStore(place).put(*archive_of(tmp_path, b"more"))
    assert hub.attached.named().count(f"{sha256}.tar.gz") == 1
    hub.new_asset(next(iter(hub.attached.releases.values())), "part-0", b"", "starter")
    hub.new_asset(next(iter(hub.attached.releases.values())), f"{'a' * 64}.tar.gz", b"", "starter")
    store = ModelStore(place)
    assert set(store.names()) == {sha256}
    for each in hub.attached.assets.values():
        each["created_at"] = "2020-01-01T00:00:00Z"
    assert store.sweep({sha256}) == ()
    assert hub.attached.named() == sorted([f"{'a' * 64}.tar.gz", f"{sha256}.tar.gz"])


@pytest.mark.parametrize("state", ["uploaded", "starter"])
def test_who_names_the_same_at_the_same_moment_is_no_fault(
    enterprise: tuple[GitHub, Place], tmp_path: Path, state: str
) -> None:
    hub, place = enterprise
    path, sha256 = archive_of(tmp_path)
    backend = GitHubRelease(place)
    part, name = backend.write(path), f"sha256/{sha256[:2]}/{sha256}.tar.gz"
    (release,) = hub.attached.releases.values()
    content = CONTENT if state == "uploaded" else b""
    other = hub.new_asset(release, f"{sha256}.tar.gz", content, state)["id"]
    backend.name(part, name)
    (kept,) = hub.attached.assets
    assert (kept == other, kept == int(part)) == (state == "uploaded", state == "starter")
    assert ModelStore(place).names().keys() == {sha256}


def test_an_answer_that_is_lost_is_no_fault(
    enterprise: tuple[GitHub, Place], tmp_path: Path
) -> None:
    hub, place = enterprise
    for call in (
        "POST /repos/{owner}/{repo}/releases",
        "PATCH /repos/{owner}/{repo}/releases/assets/{asset_id}",
    ):
        hub.fail(call, 0, after=True)
    path, sha256 = archive_of(tmp_path)
    ModelStore(place).put(path, sha256)
    assert (len(hub.attached.releases), hub.attached.named()) == (1, [f"{sha256}.tar.gz"])


@pytest.mark.parametrize(
    ("status", "headers", "message", "expected"),
    [
        (429, {"Retry-After": "7"}, "slow down", [7.0, 7.0]),
        (403, {"Retry-After": "60"}, "You have exceeded a secondary rate limit", [60.0]),
        (403, {}, "You have exceeded a secondary rate limit", [30.0, 60.0]),
    ],
    ids=["retry-after", "one minute", "a word alone"],
)
def test_who_is_asked_too_often_is_asked_later(
    enterprise: tuple[GitHub, Place], tmp_path: Path, waits: list[float], status: int,
    headers: dict[str, str], message: str, expected: list[float],
) -> None:  # fmt: skip
    hub, place = enterprise
    hub.fail(UPLOAD, status, times=len(expected), headers=headers, message=message)
    path, sha256 = archive_of(tmp_path)
    ModelStore(place).put(path, sha256)
    assert (waits, hub.attached.named()) == (expected, [f"{sha256}.tar.gz"])


def test_a_limit_that_ends_too_late_is_said(
    enterprise: tuple[GitHub, Place], tmp_path: Path, waits: list[float]
) -> None:
    hub, place = enterprise
    limit = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1800)}
    hub.fail("releases/tags/{tag}", 403, headers=limit, message="API rate limit exceeded")
    with pytest.raises(DeepcatError, match=r"rate limit exceeded \(.+ again in 1[78]\d\d s\)"):
        ModelStore(place).put(*archive_of(tmp_path))
    assert waits == []


def test_a_release_that_takes_no_files_is_refused_before_any_is_sent(
    enterprise: tuple[GitHub, Place], tmp_path: Path
) -> None:
    hub, place = enterprise
    path, sha256 = archive_of(tmp_path)
    hub.attached.is_private = True
    with pytest.raises(DeepcatError, match="everybody may read") as caught:
        ModelStore(place).put(path, sha256)
    assert "public repository" in str(caught.value.hint)
    hub.attached.is_private, hub.attached.immutable = False, True
    with pytest.raises(DeepcatError, match="immutable"):
        ModelStore(place).put(path, sha256)
    hub.attached.immutable = False
    (release,) = hub.attached.releases.values()
    release["immutable"] = False
    for number in range(1000):
        hub.new_asset(release, f"other-{number}", b"")
    with pytest.raises(DeepcatError, match="1,000 files"):
        ModelStore(place).put(path, sha256)
    large = tmp_path / "large.tar.gz"
    with large.open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(DeepcatError, match="no file of 2 GiB"):
        ModelStore(place).put(large, "a" * 64)
    assert times(hub, UPLOAD) == 0
    hub.attached.assets.popitem()
    ModelStore(place).put(path, sha256)
    assert set(ModelStore(place).names()) == {sha256}


def test_a_token_goes_to_githubs_hosts_alone(
    enterprise: tuple[GitHub, Place], tmp_path: Path
) -> None:
    """A release says where it takes files; a proxy that forges it is not told who we are."""
    hub, place = enterprise
    ModelStore(place).put(*archive_of(tmp_path))
    (release,) = hub.attached.releases.values()
    release["upload_url"] = f"https://localhost:{hub.port}/api/uploads/x/assets{{?name,label}}"
    with pytest.raises(DeepcatError, match="which is not its own"):
        ModelStore(place).put(*archive_of(tmp_path, b"more"))
    for host, api in (
        ("github.com", "https://api.github.com"),
        ("Lab.GHE.com", "https://api.lab.ghe.com"),
        ("github.example.org", "https://github.example.org/api/v3"),
    ):
        there = GitHubRelease(replace(place, address=f"github-release://{host}/lab/x/models"))
        assert there._releases == f"{api}/repos/lab/x/releases"
        known = f"https://{host.lower()}/lab/x/releases/download/models/{'a' * 64}.zip"
        assert there.address(f"sha256/aa/{'a' * 64}.zip", 1) == known
