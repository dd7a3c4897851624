"""Data by the name of its content: whole or not there, however it was cut."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from deepcat.host.data import cache, uses
from deepcat.host.data.cache import Data, copied, staged, within
from deepcat.host.data.manifest import Piece, made_of
from deepcat.host.data.wanted import Datum, data_of, stage
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError

FILES = {"a.csv": b"1,2\n", "b/c.csv": b"3,4\n", "b/d.csv": b"5,6\n"}


def data(files: dict[str, bytes] = FILES) -> Data:
    pieces = [Piece(path, hashlib.sha256(content).hexdigest()) for path, content in files.items()]
    return Data(made_of(pieces), sum(map(len, files.values())))


def bring(piece: Piece, target: Path) -> int:
    target.write_bytes(FILES[piece.path])
    return len(FILES[piece.path])


def test_data_is_there_whole_read_only_and_brought_once(tmp_path: Path) -> None:
    first = staged(tmp_path, data(), bring)
    assert first.sent == 12
    assert {
        path.relative_to(first.path).as_posix(): path.read_bytes()
        for path in first.path.rglob("*")
        if path.is_file()
    } == FILES
    for path in (first.path, *first.path.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o222
    assert staged(tmp_path, data(), bring) == cache.Staged(first.path, 0)


@pytest.mark.parametrize("moment", range(3))
def test_a_cut_at_any_file_leaves_nothing_to_see_and_goes_on(tmp_path: Path, moment: int) -> None:
    asked: list[str] = []

    def cut(piece: Piece, target: Path) -> int:
        if len(asked) == moment:
            target.with_name(f"{target.name}:part").write_bytes(b"1")
            raise KeyboardInterrupt
        asked.append(piece.path)
        return bring(piece, target)

    with pytest.raises(KeyboardInterrupt):
        staged(tmp_path, data(), cut)
    assert not cache.held(tmp_path)

    def rest(piece: Piece, target: Path) -> int:
        assert piece.path not in asked
        return bring(piece, target)

    found = staged(tmp_path, data(), rest)
    names = sorted(path.name for path in found.path.rglob("*") if path.is_file())
    assert names == ["a.csv", "c.csv", "d.csv"]  # no part of any


def test_what_a_crash_of_the_machine_left_empty_is_brought_again(tmp_path: Path) -> None:
    draft = tmp_path / f".{data().manifest.digest}.part"
    draft.mkdir()
    (draft / "a.csv").write_bytes(b"")
    found = staged(tmp_path, data(), bring)
    assert found.sent == 12
    assert (found.path / "a.csv").read_bytes() == FILES["a.csv"]


def test_many_small_files_are_settled_at_once(tmp_path: Path) -> None:
    many = {f"{number}": b"%d" % number for number in range(40)}

    def own(piece: Piece, target: Path) -> int:
        return target.write_bytes(many[piece.path])

    found = staged(tmp_path, data(many), own)
    assert {path.name: path.read_bytes() for path in found.path.iterdir()} == many


def test_what_does_not_fit_is_told_before_it_is_brought(tmp_path: Path) -> None:
    large = Data(data().manifest, 10**15)
    with pytest.raises(StepError, match=r"1000000\.0 GB, and there is room for") as caught:
        staged(tmp_path, large, bring)
    assert (caught.value.kind, caught.value.code) == ("capacity", "data/space")


def test_more_than_was_told_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="12 bytes, and its data set says 11"):
        staged(tmp_path, Data(data().manifest, 11), bring)
    assert not cache.held(tmp_path)


def test_a_file_of_this_machine_is_a_plain_one_with_its_checksum(tmp_path: Path) -> None:
    piece = data().manifest.pieces[0]
    (tmp_path / "other").write_bytes(b"other")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/etc/passwd")
    for name, code in (
        ("other", "data/changed"),
        ("fifo", "data/source"),
        ("link", "data/source"),
        ("none", "data/source"),
        ("", "data/source"),
    ):
        with pytest.raises(StepError) as caught:
            copied(tmp_path / name, piece, tmp_path / "to", 100)
        assert caught.value.code == code, name
    with pytest.raises(StepError, match="larger than"):
        copied(tmp_path / "other", piece, tmp_path / "to", 4)


def test_nothing_is_read_outside_the_folders_that_owners_name(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "out").symlink_to("/etc")
    allowed = Allowed(folders=(str(own),))
    assert within(f"{own}/x", allowed) == own / "x"
    for path in (f"{own}/../x", f"{own}/out/passwd", "/etc/passwd", f"{own}x/y"):
        with pytest.raises(StepError, match="no data may be read") as caught:
            within(path, allowed)
        assert caught.value.code == "data/folder"


def test_the_oldest_that_nobody_uses_goes_first(tmp_path: Path) -> None:
    local = tmp_path / "local"
    names = []
    for number in range(3):
        content = f"{number}".encode() * 10
        made = data({"x": content})
        found = staged(
            local / cache.FOLDER, made, lambda piece, to, text=content: to.write_bytes(text)
        )
        os.utime(found.path, (number, number))
        names.append(found.path.name)
    for place, state in {
        "one": {"live": {"data": {"x": names[0]}}},
        "two": {"stages": [names[1]]},
    }.items():
        (local / place).mkdir()
        (local / place / "state.json").write_text(json.dumps({"jobs": {"train": state}}))
    assert uses.named(local) == {names[0]: ("one",), names[1]: ("two",)}
    assert uses.sweep(local, most=100) == []
    assert uses.sweep(local, most=0) == [names[2]]
    (local / "one" / "state.json").unlink()
    (local / "one").rmdir()
    (local / "two" / "state.json").write_text("{}")
    assert uses.sweep(local, most=15) == [names[0]]
    (local / "two" / "state.json").unlink()
    (local / "two").rmdir()
    uses.sweep(local)  # none is left to use any
    assert not (local / cache.FOLDER).exists()


def test_a_node_is_given_what_its_plan_says_and_nothing_else(tmp_path: Path) -> None:
    made = data({"a.csv": FILES["a.csv"]})
    given = {"digest": made.manifest.digest, "address": "datasets/x/a.csv", "bytes": 4}
    (datum,) = data_of({"points": given})
    assert datum == Datum("points", made.manifest.digest, "datasets/x/a.csv", 4)
    for bad in ({"../x": given}, {"points": {**given, "digest": "../../x"}}, {"PATH=x": given}):
        with pytest.raises(StepError):
            data_of(bad)
    brought = tmp_path / "brought"
    with pytest.raises(StepError, match="did not arrive"):
        stage(tmp_path, datum, brought, Allowed())
    own = brought / datum.digest / "files"
    own.mkdir(parents=True)
    (own.parent / "sums").write_text(made.manifest.text)
    (own / "a.csv").write_bytes(FILES["a.csv"])
    found = stage(tmp_path, datum, brought, Allowed())
    assert (found.path / "a.csv").read_bytes() == FILES["a.csv"]
    (own.parent / "sums").write_text("x")
    with pytest.raises(StepError, match=r"did not arrive|no checksum"):
        stage(tmp_path / "else", datum, brought, Allowed())


def test_who_swept_and_was_killed_is_swept_after(tmp_path: Path) -> None:
    found = staged(tmp_path, data(), bring)
    name = found.path.name
    found.path.replace(tmp_path / f".{name}.gone")
    assert staged(tmp_path, data(), bring).sent == 12
    assert cache.swept(tmp_path, (), most=1) == [name]
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
