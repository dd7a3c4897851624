"""What lies where data is brought until all of it came: no link is followed, no folder is lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deepcat.host.data import cache
from deepcat.host.data.asking import Allowed
from deepcat.host.data.manifest import Piece, made_of
from deepcat.host.data.part import folder_of, opened, part_of
from deepcat.host.data.web import File, fetch
from deepcat.host.failure import StepError

CONTENT = b"1,2\n"
PIECE = Piece("a.csv", hashlib.sha256(CONTENT).hexdigest())


def test_a_folder_in_its_place_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv:part" / "kept").mkdir(parents=True)
    (tmp_path / "source").write_bytes(CONTENT)
    target = tmp_path / "a.csv"
    wanted = File("http://127.0.0.1:1/a.csv", PIECE.sha256, 10)
    for bring in (
        lambda: cache.copied(tmp_path / "source", PIECE, target, 10),
        lambda: fetch(wanted, target, Allowed(hosts=("127.0.0.1:1",))),
    ):
        with pytest.raises(StepError) as caught:
            bring()
        assert caught.value.code == "data/part"
        assert caught.value.message.startswith(f"`{tmp_path}/a.csv:part` is a folder")
    assert (tmp_path / "a.csv:part" / "kept").is_dir()


def test_what_a_link_leads_to_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    theirs, target = tmp_path / "theirs", tmp_path / "a.csv"
    theirs.write_bytes(b"kept")
    (tmp_path / "a.csv:part").symlink_to(theirs)
    assert cache.copied(tmp_path / "source", PIECE, target, 10) == len(CONTENT)
    assert (theirs.read_bytes(), target.read_bytes()) == (b"kept", CONTENT)
    assert not target.is_symlink()
    (tmp_path / "late").symlink_to(theirs)  # somebody puts it there after the look
    for goes_on in (True, False):
        with pytest.raises(OSError, match="symbolic link"):
            opened(tmp_path / "late", goes_on=goes_on)


def test_a_data_sets_own_files_are_never_taken_for_parts(tmp_path: Path) -> None:
    """Side by side: the small one has its name while the large one still comes."""
    contents = {"a": CONTENT * 500_000, "a.part": CONTENT}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    pieces = [Piece(name, hashlib.sha256(each).hexdigest()) for name, each in contents.items()]
    data = cache.Data(made_of(pieces), sum(map(len, contents.values())))

    def bring(piece: Piece, target: Path) -> int:
        return cache.copied(tmp_path / piece.path, piece, target, data.bytes)

    there = cache.staged(tmp_path / "cache", data, bring).path
    assert {name: (there / name).read_bytes() for name in contents} == contents


def test_a_part_goes_on_or_begins_anew(tmp_path: Path) -> None:
    for goes_on, found in ((False, b"ab"), (True, b"abab"), (False, b"ab")):
        with opened(part_of(tmp_path / "x"), goes_on=goes_on) as out:
            out.write(b"ab")
        assert (tmp_path / "x:part").read_bytes() == found


def test_of_a_whole_set_it_is_a_folder(tmp_path: Path) -> None:
    data = cache.Data(made_of([PIECE]), 10)
    draft = tmp_path / f".{data.manifest.digest}.part"
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    draft.symlink_to(theirs)

    def bring(piece: Piece, target: Path) -> int:
        return target.write_bytes(CONTENT)

    assert cache.staged(tmp_path, data, bring).sent == len(CONTENT)
    assert list(theirs.iterdir()) == []
    (tmp_path / ".other.part").write_bytes(b"kept")
    with pytest.raises(StepError, match="is no folder") as caught:
        folder_of(tmp_path / "other")
    assert caught.value.code == "data/part"
    assert (tmp_path / ".other.part").read_bytes() == b"kept"
