"""Which models are whole, by their files alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.catalog.reading import needed
from deepcat.serving.models import whole
from deepcat.serving.models.folders import Looks, found_versions, lacks, version_folders

pytestmark = pytest.mark.tensorflow

GRAPH, INDEX = "saved_model.pb", "variables/variables.index"
SHARD = "variables/variables.data-00000-of-00001"
EMPTY = "its folder holds no version, such as `1`"


@pytest.fixture
def model(models: Path, tmp_path: Path) -> Path:
    """A model with variables, and an asset that its graph names."""
    folder = tmp_path / "1"
    shutil.copytree(models / "half_plus_two_tf2" / "123", folder)
    saved = whole.saved_model_pb2.SavedModel.FromString((folder / GRAPH).read_bytes())
    saved.meta_graphs[0].asset_file_def.add(filename="words.txt")
    (folder / GRAPH).write_bytes(saved.SerializeToString())
    (folder / "assets").mkdir(exist_ok=True)
    (folder / "assets" / "words.txt").write_text("a\nb\n")
    return folder


def gone(path: str) -> Callable[[Path], object]:
    return lambda folder: (folder / path).unlink()


def cut(path: str, left: float) -> Callable[[Path], object]:
    """Only the beginning of a file, as while it is copied."""

    def apply(folder: Path) -> None:
        content = (folder / path).read_bytes()
        (folder / path).write_bytes(content[: int(len(content) * left)])

    return apply


@pytest.mark.parametrize(
    ("spoil", "lacking"),
    [
        (lambda folder: None, ""),
        (lambda folder: (folder / "notes.txt").write_text("x"), ""),
        (gone(GRAPH), "saved_model.pb is lacking"),
        (cut(GRAPH, 0), "saved_model.pb is cut short: it has no graph"),
        (cut(GRAPH, 0.5), "saved_model.pb is cut short, or none"),
        (cut(GRAPH, 0.999), "saved_model.pb is cut short, or none"),
        (gone("assets/words.txt"), "assets are lacking: assets/words.txt"),
        (lambda folder: shutil.rmtree(folder / "assets"), "assets are lacking: assets/words.txt"),
        (lambda folder: shutil.rmtree(folder / "variables"), f"variables are lacking: {INDEX}"),
        (gone(INDEX), f"variables are lacking: {INDEX}"),
        (cut(INDEX, 0), f"variables are lacking: {INDEX} is cut short"),
        (cut(INDEX, 0.9), f"variables are lacking: {INDEX} is cut short"),
        (gone(SHARD), f"variables are lacking: {SHARD}"),
        (cut(SHARD, 0.5), f"variables are lacking: {SHARD} has 175 of 350 bytes"),
        (
            lambda folder: (folder / SHARD).rename(folder / f"{SHARD}.part"),
            f"variables are lacking: {SHARD}",
        ),
    ],
)
def test_what_is_lacking(model: Path, spoil: Callable[[Path], object], lacking: str) -> None:
    spoil(model)
    assert Looks().look(model).lacking == lacking


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: None,
        gone("assets/words.txt"),
        lambda folder: shutil.rmtree(folder / "variables"),
        gone(INDEX),
        gone(SHARD),
        lambda folder: (folder / SHARD).rename(folder / f"{SHARD}.part"),
    ],
)
def test_what_a_catalog_finds_lacking_the_server_does(
    model: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(model)
    beside = [str(path.relative_to(model)) for path in model.rglob("*") if path.is_file()]
    found = needed.lacking((model / GRAPH).read_bytes(), beside)
    assert list(found) == [each.path for each in lacks(model)]


def test_a_graph_without_variables_lacks_none(models: Path, tmp_path: Path) -> None:
    (folder,) = version_folders(models / "matrix").values()
    (tmp_path / GRAPH).write_bytes((folder / GRAPH).read_bytes())
    assert Looks().look(tmp_path).lacking == ""


def test_every_shard_of_an_index_is_asked_for(model: Path) -> None:
    """Each begins where the one before ends, and so is as large as its last tensor reaches."""
    index = (model / INDEX).read_bytes()
    assert whole.shards_of(index) == {"variables.data-00000-of-00001": 350}
    assert (model / SHARD).stat().st_size == 350
    for end in range(len(index)):
        with pytest.raises(whole.DamagedError):
            whole.shards_of(index[:end])


@pytest.mark.parametrize(
    ("change", "other_content", "other_stamp"),
    [
        (lambda folder: (folder / SHARD).touch(), False, True),
        (lambda folder: (folder / ".hidden").write_text("x"), False, True),
        (lambda folder: (folder / "notes.txt").write_text("x"), False, False),
        (lambda folder: (folder / "assets" / "words.txt").write_text("b\na\n"), True, True),
        (lambda folder: (folder / SHARD).write_bytes(bytes(350)), True, True),
    ],
)
def test_times_are_no_content(
    model: Path, change: Callable[[Path], object], other_content: bool, other_stamp: bool
) -> None:
    looks = Looks()
    before = looks.look(model)
    change(model)
    after = looks.look(model)
    assert (after.content != before.content, after.stamp != before.stamp) == (
        other_content, other_stamp,
    )  # fmt: skip


def test_a_small_file_is_read_though_the_file_system_says_nothing_changed(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network's file system whose attributes are kept for a while."""
    from deepcat.serving.models import folders

    real = folders._states
    kept = list(real(model))
    monkeypatch.setattr(folders, "_states", lambda _: kept)
    looks = Looks()
    before = looks.look(model)
    (model / "assets" / "words.txt").write_text("b\na\n")
    assert looks.look(model).content != before.content


def test_a_link_that_is_switched_leads_to_another_folder(models: Path, tmp_path: Path) -> None:
    link = tmp_path / "m"
    link.symlink_to(models / "half_plus_two_tf1")
    (first,) = version_folders(link).values()
    link.unlink()
    link.symlink_to(models / "half_plus_three_tf1")
    (second,) = version_folders(link).values()
    looks = Looks()
    assert looks.look(first).content != looks.look(second).content
    assert first == (models / "half_plus_two_tf1" / "123").resolve()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda base: None, "its folder cannot be read (No such file or directory)"),
        (lambda base: base.write_text("x"), "its folder cannot be read (Not a directory)"),
        (lambda base: base.mkdir(), EMPTY),
        (lambda base: (base / "model").mkdir(parents=True), EMPTY),
        (lambda base: (base / "1").mkdir(parents=True), ""),
    ],
)  # fmt: skip
def test_why_there_is_no_version(tmp_path: Path, make: Callable[[Path], object], why: str) -> None:
    make(tmp_path / "m")
    assert found_versions(tmp_path / "m")[1] == why


def test_a_folder_that_cannot_be_looked_at_is_a_fault_of_its_own(tmp_path: Path) -> None:
    assert found_versions(tmp_path / ("m" * 300)) == (
        {}, "its folder cannot be read (File name too long)",
    )  # fmt: skip
