"""A model's files that somebody changed are named; those that only look changed are not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.host.model_server import contents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "models" / "model" / "abc"
    (made / "variables").mkdir(parents=True)
    (made / "saved_model.pb").write_bytes(b"graph")
    (made / "variables" / "index").write_bytes(b"index")
    (made / "link").symlink_to("saved_model.pb")
    contents.keep(made)
    return made


def _same_size(folder: Path) -> None:
    path = folder / "saved_model.pb"
    before = path.stat()
    path.write_bytes(b"grapH")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _other_link(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("/etc/passwd")


def _folder_for_link(folder: Path) -> None:
    shutil.rmtree(folder / "variables")
    (folder / "variables").symlink_to("/etc", target_is_directory=True)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda _: None, ()),
        (lambda folder: (folder / "saved_model.pb").touch(), ()),
        (lambda folder: (folder / "variables" / "index").chmod(0o600), ()),
        (_same_size, ("saved_model.pb",)),
        (lambda folder: (folder / "variables" / "index").unlink(), ("variables/index",)),
        (lambda folder: (folder / "new").write_text("x"), ("new",)),
        (_other_link, ("link",)),
        (_folder_for_link, ("variables", "variables/index")),
    ],
)
def test_what_was_altered_is_named(
    folder: Path, change: Callable[[Path], None], names: tuple[str, ...]
) -> None:
    change(folder)
    assert contents.altered(folder) == names


def test_of_what_nobody_remembers_nothing_is_said(folder: Path) -> None:
    place = folder.parents[2]
    shutil.rmtree(folder)
    contents.forget_gone(place)
    assert list((place / "contents").glob("*/*")) == []
    folder.mkdir()
    (folder / "new").write_text("x")
    assert contents.altered(folder) == ()
