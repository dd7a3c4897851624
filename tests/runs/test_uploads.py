"""What a training made, brought to a folder or a WebDAV server, and read back there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stores import answers
from waiting import until

from deepcat.host.data.address import address_of
from deepcat.host.data.asking import Allowed
from deepcat.host.failure import StepError
from deepcat.runs import rclone, uploads

FILES = {"metrics.json": b"{}", "model/deep/b c.bin": b"3,4\n" * 1000, "model.tar.gz": b"x" * 9000}
SECRET = "ada:pa:ss wörd"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A training's output, with a link that is no file of it."""
    folder = tmp_path / "made"
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def lies(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def require_resumed(put: Callable[[], int], there: Path) -> None:
    """All is sent once; what lacks or is otherwise, even as large, is sent again."""
    assert put() == len(FILES)
    assert lies(there) == FILES
    assert put() == 0
    (there / "metrics.json").write_bytes(b"[]")
    (there / "model.tar.gz").unlink()
    assert put() == 2
    assert lies(there) == FILES


def test_a_folder_has_what_it_lacked(made: Path, tmp_path: Path) -> None:
    where, allowed = address_of(f"file://{tmp_path}/results"), Allowed((), (str(tmp_path),))
    files = uploads.files_of(made)
    uploads.require_place(where, "", allowed, ())
    there = tmp_path / "results" / "learn" / "4f2a"
    require_resumed(lambda: uploads.put(where, "learn/4f2a", made, files, allowed, {}), there)
    assert [path.name for path in there.parent.iterdir()] == ["4f2a"]


def test_a_link_leads_nowhere_else(made: Path, tmp_path: Path) -> None:
    results, away = tmp_path / "results", tmp_path / "away"
    results.mkdir()
    away.mkdir()
    (results / "learn").symlink_to(away)
    where, allowed = address_of(f"file://{results}"), Allowed((), (str(results),))
    with pytest.raises(StepError) as caught:
        uploads.put(where, "learn/4f2a", made, uploads.files_of(made), allowed, {})
    assert caught.value.code == "upload/place"
    assert lies(away) == {}


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("file:///srv/results", ""),
        ("rclone:hub:results", ""),
        ("webdav://127.0.0.1:1/x", "http://127.0.0.1:1"),
        ("s3://b/x", "http://169.254.169.254"),
    ],
)
def test_nothing_goes_where_the_owners_name_nothing(address: str, asked: str) -> None:
    with pytest.raises(StepError) as caught:
        uploads.require_place(address_of(address), asked, Allowed(), ())
    assert (caught.value.code, "allowed_uploads" in caught.value.hint) == ("upload/place", True)
    allowed = Allowed(("127.0.0.1:1", "169.254.169.254"), ("/srv",))
    uploads.require_place(address_of(address), asked, allowed, ("hub",))


@pytest.fixture
def store(tmp_path: Path, free_port: int) -> Iterator[str]:
    """A WebDAV server, which lets in who knows the secret."""
    (tmp_path / "store").mkdir()
    user, _, password = SECRET.partition(":")
    at = f"127.0.0.1:{free_port}"
    argv = ["rclone", "serve", "webdav", str(tmp_path / "store"), f"--addr={at}", f"--user={user}"]
    env = {**os.environ, "RCLONE_PASS": password, "RCLONE_CONFIG": str(tmp_path / "none")}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [*argv, "--dir-cache-time=0s"], env=env, stdout=log, stderr=log
        ) as process,
    ):
        try:
            until(lambda: answers(free_port))
            yield at
        finally:
            process.terminate()


@pytest.mark.system("rclone")
@pytest.mark.starts("a WebDAV server")
def test_a_webdav_server_has_what_it_lacked(made: Path, tmp_path: Path, store: str) -> None:
    where, files = address_of(f"webdav://{store}/results"), uploads.files_of(made)
    told = rclone.environment(where, {}, SECRET)
    there = tmp_path / "store" / "results" / "learn" / "4f2a"

    def put() -> int:
        return uploads.put(where, "learn/4f2a", made, files, Allowed(), told)

    require_resumed(put, there)
    told = rclone.environment(where, {}, "ada:wrong")
    with pytest.raises(StepError) as caught:
        put()
    assert caught.value.code == "upload/failed"
    assert "wrong" not in caught.value.message
