"""Data sets of strangers: files that never end to be read, lists that lead out, servers without end.

A file is judged by `deepcat check` as a review does it; what a source sends is met by `deepcat data`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from saying_servers import saying

from deepcat.catalog.check import check
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.loop import looked
from deepcat.loop.looked import looked_at

FINE: dict[str, Any] = {
    "apiVersion": "deepcat/v1", "title": "Points", "address": "https://example.org/a.csv",
    "sha256": "0" * 64, "bytes": 4, "license": "CC0-1.0", "maintainers": ["ada"],
}  # fmt: skip
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
SUM = "0" * 64


def said(**more: Any) -> str:
    return yaml.safe_dump({**FINE, **more})


def listed(*names: str) -> dict[str, str]:
    """A data set with a list of these names."""
    data = {key: value for key, value in FINE.items() if key != "sha256"}
    text = yaml.safe_dump({**data, "manifest": "datasets/points/SHA256SUMS"})
    sums = "".join(f"{SUM}  {name}\n" for name in names)
    return {"points.yaml": text, "points/SHA256SUMS": sums}


FILES: dict[str, dict[str, str]] = {
    "a bomb of aliases": {"points.yaml": BOMB},
    "one that is nested without end": {"points.yaml": "title: " + "[" * 100_000},
    "keys by the thousand": {"points.yaml": "".join(f"k{at}: 1\n" for at in range(1000))},
    "a tag that makes an object": {"points.yaml": "title: !!python/object/apply:os.system [x]\n"},
    "a list that leads out": {"points.yaml": said(sha256=None, manifest="../../etc/passwd")},
    "a list of somebody else": {"points.yaml": said(sha256=None, manifest="datasets/x/SHA256SUMS")},
    "an address with a line's end": {"points.yaml": said(address="https://example.org/a\nb")},
    "an address that lets in": {"points.yaml": said(address="https://ada:s@example.org/a")},
    "an address of the machine": {"points.yaml": said(address="file:/etc/../etc/passwd")},
    "an option of Git": {"points.yaml": said(address=f"git+ext://sh -c x@{'0' * 40}")},
    "a secret that is none": {"points.yaml": said(credential="$(touch x)")},
    "a secret of a DOI": {
        "points.yaml": said(address="doi:10.7910/DVN/A#a.csv", credential="env:DEEPCAT_WORKLOAD_X")
    },
    "less than no bytes": {"points.yaml": said(bytes=-1)},
    "more bytes than there are": {"points.yaml": said(bytes=10**30)},
    "a name that leads out": listed("../x"),
    "a name from the root": listed("/etc/passwd"),
    "a name with a line's end": listed("a\\\nb"),
    "a name of 4 kB": listed("x" * 4096),
    "two names that are one to some": listed("A.csv", "a.csv"),
    "a file that is a folder": listed("a", "a/b"),
    "a list that is none": {**listed("x"), "points/SHA256SUMS": "\0" * 1000},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\n")
    (tmp_path / "datasets" / "points").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("which", FILES)
def test_a_file_of_a_stranger_is_refused_and_reaches_nothing(root: Path, which: str) -> None:
    for path, text in FILES[which].items():
        (root / "datasets" / path).write_text(text)
    found = [each for each in check(work_tree(root)) if each.is_error]
    assert found
    assert {each.place.path.split("/")[0] for each in found} == {"datasets"}
    assert not load(work_tree(root)).datasets
    done = CliRunner().invoke(cli, ["-C", str(root), "data", "pull", "points"])
    assert isinstance(done.exception, DeepcatError)  # and no traceback
    assert not (root / ".deepcat" / "cache" / "data").exists()


@pytest.mark.parametrize("what", ["file", "list", "folder"])
def test_a_link_of_a_stranger_is_not_followed(root: Path, what: str) -> None:
    for path, text in listed("passwd").items():
        (root / "datasets" / path).write_text(text)
    link = {"file": "points.yaml", "list": "points/SHA256SUMS", "folder": "points"}[what]
    at = root / "datasets" / link
    if what == "folder":
        (at / "SHA256SUMS").unlink()
        at.rmdir()
    else:
        at.unlink()
    at.symlink_to("/etc" if what == "folder" else "/etc/passwd")
    assert any(each.is_error for each in check(work_tree(root)))
    assert not load(work_tree(root)).datasets


@pytest.fixture
def endless() -> Iterator[str]:
    """The host of a server that sends zeros to everybody, and never comes to an end."""
    with saying(b"HTTP/1.1 200 OK\r\n\r\n", b"\0" * 65536) as host:
        yield host


@pytest.mark.starts("a server")
@pytest.mark.parametrize("address", ["http://{}/a.csv", "doi:10.7910/DVN/A"])
def test_what_never_ends_is_left_before_the_disk_is_full(
    root: Path, endless: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (root / "deepcat.yaml").open("a") as stream:
        stream.write(f'allowed_data: {{hosts: ["{endless}"]}}\n')
    monkeypatch.setattr(looked, "room", lambda _: 1 << 20)
    data = {"address": address.format(endless), "endpoint": f"http://{endless}"}
    scratch = root / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(DeepcatError, match="sends more than") as caught:
        looked_at(root, data, None)
    assert caught.value.code == "data/size"
    assert not [*scratch.iterdir()]
