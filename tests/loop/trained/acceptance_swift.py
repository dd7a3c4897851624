"""The store of models in a real Swift; by `make swift`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from credentials import Authority
from ended_trainings import here
from stores import require_cut, require_kept, require_one_proposal, require_swept
from swift import ACCOUNT, KEY, PROGRAMS, USER, Swift, running

from deepcat.loop.trained.store import Place

__all__ = ["here"]

pytestmark = [pytest.mark.system("rclone", "memcached", *PROGRAMS), pytest.mark.starts("Swift")]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["swift", "s3"])
def test_swift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """By its own interface, and by the one that it has of S3."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("STORE_KEY", USER if kind == "swift" else f"{ACCOUNT}:{USER}")
    monkeypatch.setenv("STORE_SECRET", KEY)
    with running(tmp_path / "swift", authority.sign("localhost", "swift")) as swift:
        swift.put("models", readers=".r:*")
        place = Place(
            f"{kind}://models/own",
            f"https://{swift.at}/v1/AUTH_{ACCOUNT}/models/own",
            endpoint=swift.auth if kind == "swift" else f"https://{swift.at}",
            key="env:STORE_KEY",
            secret="env:STORE_SECRET",
            tenant=ACCOUNT if kind == "swift" else "",
        )
        require_kept(place, tmp_path)
        require_swept(place, tmp_path, monkeypatch)
        require_cut(place, int(swift.at.partition(":")[2]), tmp_path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swift]:
    """One that speaks without encryption, on the loopback."""
    with running(tmp_path_factory.mktemp("plain") / "swift") as swift:
        swift.put("models")
        yield swift


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("harm", "times", "fails"),
    [("busy", 99, True), ("cut", 99, True), ("slow", 99, False), ("deaf", 1, None)],
    ids=["503", "cut", "slow", "done and not told"],
)
def test_s3_that_comes_to_harm_makes_one_pull_request(
    plain: Swift,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: str,
    times: int,
    fails: bool | None,
) -> None:
    monkeypatch.setenv("STORE_KEY", f"{ACCOUNT}:{USER}")
    monkeypatch.setenv("STORE_SECRET", KEY)
    place = Place(
        f"s3://models/{harm}",
        "https://models.example.org",
        above=0,
        endpoint=f"http://{plain.at}",
        key="env:STORE_KEY",
        secret="env:STORE_SECRET",
    )
    require_one_proposal(place, plain.at, here, ("PUT", harm, times), fails=fails)
