"""A file of TensorFlow Lite becomes a module that passes the check, as a SavedModel or as it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from lite_files import lite_file

from deepcat.catalog.check import examine
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.cli.main import cli
from deepcat.cli.new import taking
from deepcat.host.box.layers import available
from deepcat.loop.templates import topologies


@pytest.mark.tensorflow
def test_a_lite_model_becomes_a_module(tmp_path: Path) -> None:
    if not available().suffices:
        pytest.skip("this machine gives no box")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    tf = pytest.importorskip("tensorflow")

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
        def call(self, x: Any) -> Any:
            return {"y": tf.nn.softmax(x)}

    model = Model()
    functions = [model.call.get_concrete_function()]
    content = tf.lite.TFLiteConverter.from_concrete_functions(functions, model).convert()
    (tmp_path / "a.tflite").write_bytes(content)

    def run(*argv: str) -> None:
        done = CliRunner().invoke(cli, ["-C", str(tmp_path), *argv])
        assert done.exit_code == 0, done.output

    root = tmp_path / "catalog"
    run("new", "catalog", "catalog", "--no-example")
    asked = ("--summary", "It gives shares.", "--source-code", "https://example.org/x")
    run("-C", str(root), "new", "module", "shares", *asked, "--model", str(tmp_path / "a.tflite"))
    found = examine(work_tree(root), topologies()).findings
    assert [each for each in found if each.is_error] == []
    data = yaml.safe_load((root / "modules" / "shares" / "module.yaml").read_text())
    (signature,) = data["model"]["signature"].values()
    assert signature["method"] == "predict"
    assert list(signature["inputs"].values()) == [{"dtype": "float32", "shape": [-1, 2]}]


@pytest.mark.starts("a box")
def test_what_cannot_be_converted_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: dict[str, Any] = {"inputs": {"x": ("float32", [-1, 2])}, "outputs": {"y": ("int32", [1])}}
    # An operation that no conversion knows, so that none is begun in vain where there is no box.
    content = lite_file({"serving_default": ends}, [(126, "")])
    (tmp_path / "a.tflite").write_bytes(content)
    monkeypatch.setattr(taking, "_PROGRAM", (sys.executable, "-c", "raise SystemExit(3)"))
    root = tmp_path / "catalog"
    asked = ("--summary", "It counts.", "--source-code", "https://example.org/x")
    for argv in (
        ("new", "catalog", str(root), "--no-example"),
        ("-C", str(root), "new", "module", "counts", *asked, "--model", str(tmp_path / "a.tflite")),
    ):
        done = CliRunner().invoke(cli, argv)
        assert done.exit_code == 0, done.output
    assert "it is taken as it is, and LiteRT serves it" in done.output
    data = yaml.safe_load((root / "modules" / "counts" / "module.yaml").read_text())
    assert data["model"]["format"] == "tensorflow-lite"
    assert data["model"]["signature"]["serving_default"]["inputs"] == {
        "x": {"dtype": "float32", "shape": [-1, 2]}
    }
    found = examine(work_tree(root), topologies()).findings
    assert [each for each in found if each.is_error] == []
