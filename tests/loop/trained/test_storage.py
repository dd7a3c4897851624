"""A store that comes to harm while it is to keep a model: one pull request, no half model named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ended_trainings import here
from free_ports import free_ports
from stores import require_one_proposal, served

from deepcat.loop.trained.store import Place

__all__ = ["here"]

pytestmark = [pytest.mark.system("rclone"), pytest.mark.starts("a server of rclone")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A WebDAV server that lets everybody write."""
    folder = tmp_path_factory.mktemp("dav")
    (folder / "files").mkdir()
    (port,) = free_ports(1)
    words = ["rclone", "serve", "webdav", str(folder / "files"), f"--addr=127.0.0.1:{port}"]
    env = {"RCLONE_CONFIG": str(folder / "none")}
    with served([*words, "--dir-cache-time=0s"], port, env, folder / "log"):
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("method", "harm", "times", "fails"),
    [
        ("PUT", "busy", 99, True),
        ("PUT", "cut", 99, True),
        ("PUT", "slow", 99, False),
        ("MOVE", "deaf", 1, None),
        ("GET", "cut", 1, None),
    ],
    ids=["503", "cut", "slow", "named and not told", "cut as it is read back"],
)
def test_a_second_try_makes_one_pull_request(
    here: Path, server: str, method: str, harm: str, times: int, fails: bool | None
) -> None:
    place = Place(f"webdav://{server}/{method}-{harm}", "https://models.example.org", above=0)
    require_one_proposal(place, server, here, (method, harm, times), fails=fails)
