"""Dangerous models that no check stopped, deployed and asked: their servers reach nothing outside.

One writes a file when it is loaded, one reads whatever file it is asked for; the catalog's owners
took their operations, and so the check is passed by.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import forked
import pytest

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.slow,
    pytest.mark.starts("Ansible and a server"),
    pytest.mark.xdist_group("models served"),
]
tf = pytest.importorskip("tensorflow")
SECRET = "C4n4ryOfTheOperator"
SETTINGS = """\
apiVersion: deepcat/v1
title: A catalog
summary: Its owners took too much.
allowed_operations: {reader: [ReadFile], writer: [WriteFile]}
"""
CLOUD = "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: This machine.\nprice: 0\n"
PATHS = {
    "a file that everybody may read": "{folder}/open",
    "the catalog's own file": "{root}/deepcat.yaml",
    "the repository": "{root}/.git/config",
    "another deployment": "{root}/.deepcat/local/other/own/secret",
    "the run": "{root}/.deepcat/runs",
    "the shadow file": "/etc/shadow",
    "the controller's variables": "/proc/{pid}/environ",
    "its parent's variables": "/proc/1/environ",
    "the machine's root": "/proc/1/root/etc/shadow",
}


class AtOnce(tf.saved_model.experimental.TrackableResource):  # type: ignore[misc]
    """Writes when the model is loaded."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def _create_resource(self) -> Any:
        return tf.raw_ops.HashTableV2(
            key_dtype=tf.string, value_dtype=tf.string, shared_name="once"
        )

    def _initialize(self) -> None:
        tf.raw_ops.WriteFile(filename=self._path, contents="x")


class Writer(tf.Module):  # type: ignore[misc]
    """Answers what it is asked, if it gets so far."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.once = AtOnce(path)

    @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="x")])  # type: ignore[misc]
    def answer(self, x: Any) -> dict[str, Any]:
        table = self.once.resource_handle
        with tf.control_dependencies([tf.raw_ops.LookupTableSizeV2(table_handle=table)]):
            return {"y": tf.identity(x)}


class Reader(tf.Module):  # type: ignore[misc]
    """Answers the content of the file that it is asked for."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="x")])  # type: ignore[misc]
    def answer(self, x: Any) -> dict[str, Any]:
        return {"y": tf.raw_ops.ReadFile(filename=x)}


Deepcat = Callable[..., subprocess.CompletedProcess[str]]
# A folder with a catalog in which they run, what calls deepcat there, and what apply said.
Place = tuple[Path, Deepcat, str]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """The models are deployed."""
    with tempfile.TemporaryDirectory(prefix="deepcat-test-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        root = folder / "catalog"
        for path, text in {
            "open": SECRET,
            "catalog/deepcat.yaml": SETTINGS,
            "catalog/clouds/local.yaml": CLOUD,
            "catalog/.gitignore": "/.deepcat/\n",
            "catalog/.deepcat/local/other/own/secret": SECRET,
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        environment = {**os.environ, "GITHUB_TOKEN": SECRET, "TF_CPP_MIN_LOG_LEVEL": "3"}

        def deepcat(*argv: str) -> Any:
            words = [sys.executable, "-m", "deepcat", "-C", str(root), *argv]
            return forked.run(words, env=environment, capture_output=True)

        subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
        add(deepcat, root, "reader", Reader())
        add(deepcat, root, "writer", Writer(str(folder / "made")))
        subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(root), "commit", "-q", "-m", "x"], check=True)
        try:
            yield folder, deepcat, deepcat("apply", "--yes").stdout
        finally:
            deepcat("destroy", "--all", "--yes")


def add(deepcat: Deepcat, root: Path, name: str, model: Any) -> None:
    """A module with the model, and a wish for it."""
    saved = root.parent / name
    tf.saved_model.save(model, str(saved), signatures={"serving_default": model.answer})
    with tarfile.open(saved.with_suffix(".tar.gz"), "w:gz") as archive:
        archive.add(saved, "model")
    made = deepcat(
        *("new", "module", name, "--model", str(saved.with_suffix(".tar.gz"))),
        *("--summary", "It attacks.", "--source-code", "https://example.org/r"),
        *("--title", name, "--licence", "MIT", "--author", "Ada", "--maintainer", "ada"),
        *("--library", "TensorFlow", "--task", "Other", "--category", "AI4 inference"),
        *("--data-type", "Other"),
    )
    assert made.returncode == 0, made.stderr
    wish = {
        "apiVersion": "deepcat/v1", "module": name, "version": "*", "profile": "serve",
        "inputs": {"rest_port": 0, "grpc_port": 0}, "owner": "ada",
    }  # fmt: skip
    (root / "deployments").mkdir(exist_ok=True)
    (root / f"deployments/{name}.yaml").write_text(json.dumps(wish))


def test_a_model_that_writes_is_not_loaded(place: Place) -> None:
    folder, deepcat, said = place
    assert "[run/model] `writer` does not load" in said
    assert f"{folder}/made; " in said
    assert not (folder / "made").exists()
    states = {
        each["name"]: each["status"] for each in json.loads(deepcat("status", "--json").stdout)
    }
    assert states["reader"] == "running"
    assert states.get("writer") != "running"


@pytest.mark.parametrize("what", PATHS)
def test_a_server_reads_nothing_outside_its_box(what: str, place: Place) -> None:
    folder, deepcat, _ = place
    path = PATHS[what].format(folder=folder, root=folder / "catalog", pid=os.getpid())
    question = folder / "question.json"
    question.write_text(json.dumps({"inputs": {"x": path}}))
    done = deepcat("predict", "reader", "--data", str(question), "--json")
    assert done.returncode == 1, done.stdout
    assert "serving/refused" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_what_it_may_read_it_reads(place: Place) -> None:
    folder, deepcat, _ = place
    question = folder / "question.json"
    question.write_text(json.dumps({"inputs": {"x": "/etc/passwd"}}))
    done = deepcat("predict", "reader", "--data", str(question), "--json")
    assert done.returncode == 0, done.stderr
    users = json.loads(done.stdout)["outputs"].split("\n")
    assert [line.partition(":")[0] for line in users if line] == ["box"]
