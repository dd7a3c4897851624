"""Where rewritten graphs are kept, and which are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deepcat.serving.engine import kept
from deepcat.serving.engine.kept import KeptGraphs, name_of


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that is looked at by its files alone."""
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(bytes(1 << 18))
    (folder / "variables" / "variables.index").write_bytes(b"index")
    return folder


@pytest.fixture
def graphs(tmp_path: Path) -> KeptGraphs:
    return KeptGraphs(tmp_path / "cache" / "graphs")


def the_file(graphs: KeptGraphs) -> Path:
    (file,) = graphs._folder.glob("*.graph")
    return file


def test_what_is_kept_is_found_and_what_lacks_is_told_once(graphs: KeptGraphs, model: Path) -> None:
    assert graphs.find(model, "2") is None
    assert graphs.find(model, "2") is None
    assert (graphs.lacking(), graphs.lacking()) == (model, None)
    graphs.keep(name_of(model, "2"), b"graph")
    assert graphs.find(model, "2") == b"graph"
    assert graphs.lacking() is None
    assert the_file(graphs).stat().st_mode & 0o777 == 0o600
    assert graphs._folder.stat().st_mode & 0o777 == 0o700


def test_that_there_is_none_is_kept(graphs: KeptGraphs, model: Path) -> None:
    graphs.keep(name_of(model, "2"), b"")
    assert graphs.find(model, "2") is None
    assert graphs.lacking() is None


def test_other_content_has_another_name(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {name_of(model, "2"), name_of(model, "3")}
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    names.add(name_of(model, "2"))
    (model / "variables" / "variables.index").write_bytes(b"other")
    names.add(name_of(model, "2"))
    (model / "saved_model.pb").write_bytes(b"\1" * (1 << 18))
    names.add(name_of(model, "2"))
    assert len(names) == 5
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    assert name_of(model, "2") in names


def test_small_graphs_and_many_variables_have_none(model: Path) -> None:
    with (model / "variables" / "variables.data-00000-of-00001").open("wb") as file:
        file.truncate(1 << 28)
        assert name_of(model, "2")
        file.truncate((1 << 28) + 1)
    assert not name_of(model, "2")
    (model / "variables" / "variables.data-00000-of-00001").unlink()
    (model / "saved_model.pb").write_bytes(b"small")
    assert not name_of(model, "2")
    (model / "saved_model.pb").unlink()
    assert not name_of(model, "2")


@pytest.mark.parametrize("cut", [0, 20, 33])
def test_what_is_damaged_is_not_read(graphs: KeptGraphs, model: Path, cut: int) -> None:
    graphs.keep(name_of(model, "2"), b"graph")
    os.truncate(the_file(graphs), cut)
    assert graphs.find(model, "2") is None
    assert graphs.lacking() == model


def test_what_others_may_have_written_is_not_read(graphs: KeptGraphs, model: Path) -> None:
    graphs.keep(name_of(model, "2"), b"graph")
    graphs._folder.chmod(0o770)
    assert graphs.find(model, "2") is None
    with pytest.raises(PermissionError, match="not this user's alone"):
        graphs.keep(name_of(model, "2"), b"graph")
    graphs._folder.chmod(0o700)
    assert graphs.find(model, "2") == b"graph"
    file = the_file(graphs)
    elsewhere = file.rename(model / "elsewhere")
    file.symlink_to(elsewhere)
    assert graphs.find(model, "2") is None
    file.unlink()
    os.mkfifo(file)
    assert graphs.find(model, "2") is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_is_anothers_is_not_read(graphs: KeptGraphs, model: Path, what: str) -> None:
    graphs.keep(name_of(model, "2"), b"graph")
    os.chown(graphs._folder if what == "folder" else the_file(graphs), 12345, -1)
    assert graphs.find(model, "2") is None


def test_a_folder_that_is_a_link_is_not_used(graphs: KeptGraphs, model: Path) -> None:
    graphs.keep(name_of(model, "2"), b"graph")
    moved = graphs._folder.rename(model / "graphs")
    graphs._folder.symlink_to(moved)
    assert graphs.find(model, "2") is None


def test_the_oldest_go(graphs: KeptGraphs, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_FILES", 2)
    for number, name in enumerate(("a", "b")):
        graphs.keep(name, b"graph")
        os.utime(graphs._folder / f"{name}.graph", (number, number))
    left = graphs._folder / "a.1"
    left.touch()
    os.utime(left, (1, 1))
    graphs.keep("c", b"graph")
    assert sorted(each.name for each in graphs._folder.iterdir()) == ["b.graph", "c.graph"]


def test_nothing_is_kept_in_a_home_that_ends_with_its_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "other"))
    assert kept.of_user() is not None
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert kept.of_user() is None
