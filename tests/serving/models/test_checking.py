"""What cannot be served is said before it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deepcat.errors import DeepcatError, UsageError

pytestmark = pytest.mark.tensorflow

FILES = "serving/files"
SHARD = "variables/variables.data-00000-of-00001"


def change(folder: Path, edit: Callable[[Any], object]) -> None:
    """Change the graph of a SavedModel."""
    from deepcat.serving.contract.protos import saved_model_pb2

    file = folder / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    edit(saved.meta_graphs[0])
    file.write_bytes(saved.SerializeToString())


def operation(graph: Any) -> None:
    graph.graph_def.node.add(name="new", op="NoSuchOp")


def tag(graph: Any) -> None:
    graph.meta_info_def.tags[:] = ["train"]


def asset(graph: Any) -> None:
    graph.asset_file_def.add(filename="words.txt").tensor_info.name = "new"


def without_two(folder: Path) -> None:
    change(folder, asset)
    (folder / SHARD).unlink()


def sparse(graph: Any) -> None:
    signature = graph.signature_def["serving_default"]
    signature.inputs["x"].coo_sparse.values_tensor_name = "x:0"


def variant(graph: Any) -> None:
    graph.signature_def["serving_default"].outputs["y"].dtype = 21


CASES: dict[str, tuple[Callable[[Path], object], list[tuple[str, str, str]]]] = {
    "whole": (lambda _: None, []),
    "no version": (
        lambda folder: shutil.move(folder, folder.with_name("latest")),
        [("", "serving/versions", "the folder holds no version, such as `1`, to serve")],
    ),
    "an operation": (
        lambda folder: change(folder, operation),
        [("1", "serving/operation", "the operation NoSuchOp is none that the server has")],
    ),
    "a tag": (
        lambda folder: change(folder, tag),
        [
            (
                "1/saved_model.pb",
                "serving/model",
                "no graph bears the tag `serve`; there are train",
            )
        ],
    ),
    "an asset": (
        lambda folder: change(folder, asset),
        [("1/assets/words.txt", FILES, "assets are lacking: assets/words.txt")],
    ),
    "an index": (
        lambda folder: (folder / "variables" / "variables.index").unlink(),
        [
            (
                "1/variables/variables.index",
                FILES,
                "variables are lacking: variables/variables.index",
            )
        ],
    ),
    "a part, and an asset": (
        without_two,
        [
            ("1/assets/words.txt", FILES, "assets are lacking: assets/words.txt"),
            (f"1/{SHARD}", FILES, f"variables are lacking: {SHARD}"),
        ],
    ),
    "a sparse tensor": (
        lambda folder: change(folder, sparse),
        [
            (
                "1",
                "serving/type",
                "`x` of the signature `serving_default` is of the form coo sparse, "
                "and only dense tensors are carried",
            )
        ],
    ),
    "a variant": (
        lambda folder: change(folder, variant),
        [
            (
                "1",
                "serving/type",
                "`y` of the signature `serving_default` has the type DT_VARIANT, "
                "which no request carries",
            )
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_keeps_it_from_being_served(
    models: Path, native: Any, tmp_path: Path, name: str
) -> None:
    from deepcat.serving.models.checking import faults

    spoil, expected = CASES[name]
    shutil.copytree(models / "half_plus_two_tf1" / "123", tmp_path / "1")
    spoil(tmp_path / "1")
    found = [
        (str(each.path.relative_to(tmp_path)).removeprefix("."), each.code, each.message)
        for each in faults(native, tmp_path)
    ]
    assert found == expected


@pytest.mark.parametrize("where", ["graph.pb", "1/graph.pb", "1/saved_model.pb"])
def test_a_frozen_graph_is_named(native: Any, tmp_path: Path, where: str) -> None:
    from deepcat.serving.contract.protos import graph_pb2
    from deepcat.serving.models.checking import faults

    path = tmp_path / where
    path.parent.mkdir(exist_ok=True)
    graph = graph_pb2.GraphDef()
    graph.node.add(name="x", op="Placeholder")
    path.write_bytes(graph.SerializeToString())
    (found,) = faults(native, tmp_path)
    assert (found.path, found.code) == (path, "serving/model")
    assert f"`{path.name}` is a frozen graph, which has no signature" in found.message


def test_the_command_says_it(models: Path) -> None:
    from deepcat.cli.main import cli

    done = CliRunner().invoke(cli, ["serve", "--check", str(models / "lite_flex"), "--json"])
    (finding,) = json.loads(done.stdout)["findings"]
    assert (done.exit_code, finding["code"]) == (1, "serving/operation")
    assert "FlexMatrixInverse" in finding["message"]
    done = CliRunner().invoke(cli, ["serve", "--check", str(models / "lite")])
    assert (done.exit_code, done.stdout.startswith("Nothing to mend in ")) == (0, True)


def test_it_checks_what_the_other_options_ask_for(models: Path, tmp_path: Path) -> None:
    from deepcat.cli.main import cli

    shutil.copytree(models / "half_plus_two_tf1" / "123", tmp_path / "1")
    shutil.copy(models / "lite_flex" / "1" / "model.tflite", tmp_path / "1")
    check = ["serve", "--check", str(tmp_path)]
    assert CliRunner().invoke(cli, check).exit_code == 0
    done = CliRunner().invoke(cli, [*check, "--prefer-tflite-model"])
    assert (done.exit_code, "FlexMatrixInverse" in done.stdout) == (1, True)
    library = tmp_path / "library.so"
    library.write_text("none")
    done = CliRunner().invoke(cli, ["serve", "--op-library", str(library), *check[1:]])
    assert isinstance(done.exception, DeepcatError)
    assert done.exception.code == "serving/op-library"


def test_a_form_for_nothing_is_refused() -> None:
    from deepcat.cli.main import cli

    done = CliRunner().invoke(cli, ["serve", "--model", "m=.", "--json"])
    assert isinstance(done.exception, UsageError)
    assert "`--check`" in str(done.exception)
