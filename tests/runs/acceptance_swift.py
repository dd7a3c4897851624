"""Data in a real Swift: whole, by its checksums, on from where it was cut; by `make swift`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from swift import ACCOUNT, KEY, PROGRAMS, USER, Swift, running

from deepcat.catalog.values import Dataset
from deepcat.errors import DeepcatError
from deepcat.host.data import mounting, stores
from deepcat.host.data.address import address_of
from deepcat.host.data.asking import Allowed
from deepcat.host.data.manifest import Piece, made_of
from deepcat.host.data.mounting import Wanted
from deepcat.host.failure import StepError
from deepcat.loop.looked import looked_at
from deepcat.runs import fetched, rclone, uploads

pytestmark = [pytest.mark.system("rclone", "memcached", *PROGRAMS), pytest.mark.starts("Swift")]
FILES = {
    "a.csv": b"1,2\n",
    "deep/b c.csv": b"3,4\n" * 1000,
    "deep/large": random.Random(1).randbytes(3 << 20),
}
SIZE = sum(map(len, FILES.values()))


@pytest.fixture(scope="module")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swift]:
    with running(tmp_path_factory.mktemp("swift")) as found:
        found.put("points")
        found.put("points/more.csv", b"x")
        for path, content in FILES.items():
            found.put(f"points/set/{path.replace(' ', '%20')}", content)
        yield found


@pytest.fixture
def data(swift: Swift, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("DEEPCAT_WORKLOAD_SWIFT", f"{USER}:{KEY}")
    told = {"address": "swift://points/set", "endpoint": swift.auth, "tenant": ACCOUNT}
    told |= {"credential": "env:DEEPCAT_WORKLOAD_SWIFT"}
    pieces = (Piece(path, hashlib.sha256(each).hexdigest()) for path, each in FILES.items())
    return Dataset("points", "", told["address"], made_of(pieces), SIZE, told)


@pytest.mark.timeout(300)
def test_data_comes_from_a_real_swift(
    swift: Swift, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"allowed_data": {"hosts": [swift.at]}}
    found = fetched.here(data, tmp_path / "kept", settings, str.encode)
    came = {
        path.relative_to(found.path).as_posix(): path.read_bytes()
        for path in found.path.rglob("*")
        if path.is_file()
    }
    assert came == FILES
    assert found.sent == SIZE
    assert fetched.here(data, tmp_path / "kept", settings, str.encode).sent == 0
    monkeypatch.setattr(fetched, "_LARGE", 1)  # one by one
    part = tmp_path / "cut" / f".{data.digest}.part" / "deep" / "large:part"
    part.parent.mkdir(parents=True)
    part.write_bytes(FILES["deep/large"][:2_000_000])
    assert fetched.here(data, tmp_path / "cut", settings, str.encode).sent == SIZE - 2_000_000
    with pytest.raises(StepError, match="sends more"):
        fetched.here(replace(data, bytes=5000), tmp_path / "small", settings, str.encode)


@pytest.mark.timeout(300)
def test_what_a_real_swift_has_is_told(swift: Swift, data: Dataset, tmp_path: Path) -> None:
    text = f'apiVersion: deepcat/v1\ntitle: T\nallowed_data: {{hosts: ["{swift.at}"]}}\n'
    (tmp_path / "deepcat.yaml").write_text(text)
    found = looked_at(tmp_path, data.data, None)
    assert (found.manifest, found.bytes, found.is_file) == (data.manifest, SIZE, False)
    one = looked_at(tmp_path, {**data.data, "address": "swift://points/more.csv"}, None)
    assert (one.is_file, one.bytes) == (True, 1)
    with pytest.raises(DeepcatError, match="rclone cannot have it"):
        looked_at(tmp_path, {**data.data, "address": "swift://nowhere/x"}, None)


@pytest.mark.timeout(300)
def test_a_real_swift_that_changed_or_lets_nobody_in_is_told(
    swift: Swift, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"allowed_data": {"hosts": [swift.at]}}
    swift.put("points/set/a.csv", b"9,9\n")
    try:
        with pytest.raises(StepError, match="it changed"):
            fetched.here(data, tmp_path / "changed", settings, str.encode)
    finally:
        swift.put("points/set/a.csv", FILES["a.csv"])
    monkeypatch.setenv("DEEPCAT_WORKLOAD_SWIFT", f"{USER}:wrong")
    with pytest.raises(StepError, match="rclone cannot have it") as caught:
        fetched.here(data, tmp_path / "none", settings, str.encode)
    assert "wrong" not in caught.value.message


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["swift", "s3"])
def test_what_a_training_made_goes_to_a_real_swift_by_both_its_interfaces(
    swift: Swift, tmp_path: Path, kind: str
) -> None:
    made = tmp_path / "made"
    for path, content in FILES.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_bytes(content)
    where, files = address_of(f"{kind}://{kind}-results/all"), uploads.files_of(made)
    swift.put(f"{kind}-results")
    user = USER if kind == "swift" else f"{ACCOUNT}:{USER}"
    given = {"endpoint": swift.auth if kind == "swift" else f"http://{swift.at}"}
    given |= {"tenant": ACCOUNT} if kind == "swift" else {}

    def put(key: str = KEY) -> int:
        told = rclone.environment_of(where, given, user, key)
        return uploads.put(where, "learn/4f2a", made, files, Allowed(), told)

    assert put() == len(FILES)
    assert put() == 0
    swift.put(f"{kind}-results/all/learn/4f2a/a.csv", b"9,9\n")  # as many bytes, and others
    assert put() == 1
    assert put() == 0
    with pytest.raises(StepError) as caught:
        put("wrong-one")
    assert caught.value.code == "upload/failed"
    assert "wrong-one" not in caught.value.message
    where = address_of(f"{kind}://{kind}-nowhere/all")
    if kind == "swift":  # it makes a container that is not there
        assert put() == len(FILES)
        return
    with pytest.raises(StepError, match="NoSuchBucket") as caught:
        put()
    assert caught.value.code == "upload/failed"


class _BothColons(Wanted):
    """Of Swift's S3, whose accounts have a colon in what S3 calls a key."""

    @property
    def environment(self) -> dict[str, str]:
        return stores.environment_of(self.where, self.store, f"{ACCOUNT}:{USER}", KEY)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["swift", "s3"])
def test_a_real_swift_is_mounted_by_both_its_interfaces(
    swift: Swift, tmp_path: Path, kind: str
) -> None:
    if why := mounting.lacking():
        pytest.skip("; ".join(why))
    given = {"endpoint": swift.auth, "tenant": ACCOUNT}
    wanted = Wanted("points", "swift://points/set", given, f"{USER}:{KEY}")
    if kind == "s3":
        wanted = _BothColons("points", "s3://points/set", {"endpoint": f"http://{swift.at}"})
    held = mounting.Mounts(tmp_path)
    try:
        told = held.begin(wanted, 1 << 30)
        at = mounting.at_of(tmp_path, "points")
        assert {path: (at / path).read_bytes() for path in FILES} == FILES
        assert (told["files"], told["bytes"]) == (len(FILES), SIZE)
        with pytest.raises(OSError, match="Read-only"):
            (at / "mine").touch()
    finally:
        held.end()
    assert not list(mounting.below(tmp_path))
