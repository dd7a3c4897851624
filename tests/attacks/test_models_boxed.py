"""Dangerous models that no check stopped, in the box of a review: none reaches anything outside it.

The same models are refused by `deepcat check`; see test_models.py. Here it is passed by.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.converting.proof import Files
from deepcat.catalog.values import ModelRef, Module, Sample
from deepcat.cli import boxed

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
raw = tf.raw_ops
SECRET = "C4n4ryOfTheOperator"
_MiB = 1 << 20


@dataclass(frozen=True)
class Attack:
    """What a model does beside answering, and what comes of it.

    Attributes:
        act: in a call; it gets the input and a folder outside.
        fails: how the sample fails, as the beginning of why; empty where it passes; `OWN` where it
            does as it likes, inside.
        first: when it is loaded, instead.
        bounds: of the box, to be reached soon.
    """

    act: Callable[[Any, str], Any]
    fails: str = ""
    first: bool = False
    bounds: dict[str, Any] | None = None


REFUSED = "it answered with 403: "  # PERMISSION_DENIED
MISSING = "it answered with 404: "  # NOT_FOUND
OWN = "own"  # it can make the same folders in its own /tmp, and write there
ATTACKS = {
    "write a file": Attack(lambda x, f: raw.WriteFile(filename=f"{f}/made", contents=x), OWN),
    "write over a file": Attack(lambda x, f: raw.WriteFile(filename=f"{f}/open", contents=x), OWN),
    "read a file": Attack(lambda x, f: raw.ReadFile(filename=f"{f}/open"), MISSING),
    "read the shadow file": Attack(lambda x, f: raw.ReadFile(filename="/etc/shadow"), MISSING),
    "list a folder": Attack(lambda x, f: raw.MatchingFiles(pattern=f"{f}/*")),
    "read the controller's variables": Attack(lambda x, f: raw.ReadFile(filename=f"/proc/{os.getpid()}/environ"), MISSING),
    "read what began it": Attack(lambda x, f: raw.ReadFile(filename="/proc/1/environ"), REFUSED),
    "print into a file": Attack(lambda x, f: raw.PrintV2(input=x, output_stream=f"file://{f}/printed"), MISSING),
    "write a file at once": Attack(lambda x, f: raw.WriteFile(filename=f"{f}/made", contents="x"), OWN, first=True),
    "end the server": Attack(lambda x, f: raw.Abort(error_msg="gone"), "it ended with the exit status "),
    "never answer": Attack(lambda x, f: tf.while_loop(lambda i: i >= 0, lambda i: (i + 1) % 7, [0]), "it was ended after 20 s", bounds={"wall_s": 20.0}),
    "take all memory": Attack(lambda x, f: tf.reduce_sum(tf.random.uniform([1 << 29])), "it was ended, for it needs more than 1 GiB", bounds={"memory_bytes": 1024 * _MiB}),
    "say too much": Attack(lambda x, f: raw.PrintV2(input=tf.strings.reduce_join(tf.fill([1 << 21], x)), output_stream="stderr"), "it was ended, for it says more than 1 MiB", bounds={"output": _MiB}),
}  # fmt: skip


class AtOnce(tf.saved_model.experimental.TrackableResource):  # type: ignore[misc]
    """Something that a server makes when it loads the model."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__()
        self._act = act

    def _create_resource(self) -> Any:
        return raw.HashTableV2(key_dtype=tf.string, value_dtype=tf.string, shared_name="once")

    def _initialize(self) -> None:
        self._act()


class Model(tf.Module):  # type: ignore[misc]
    """It answers its input, and attacks beside it."""

    def __init__(self, attack: Attack, folder: str) -> None:
        super().__init__()
        self._attack, self._folder = attack, folder
        if attack.first:
            self.once = AtOnce(lambda: attack.act("x", folder))

    @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="x")])  # type: ignore[misc]
    def answer(self, x: Any) -> dict[str, Any]:
        if self._attack.first:
            with tf.control_dependencies(
                [raw.LookupTableSizeV2(table_handle=self.once.resource_handle)]
            ):
                return {"y": tf.identity(x)}
        done = self._attack.act(x, self._folder)
        if isinstance(done, tf.Tensor) and done.dtype == tf.string:
            return {
                "y": tf.strings.join([x, tf.strings.reduce_join(done)])
            }  # it tells what it read
        with tf.control_dependencies(tf.nest.flatten(done) if done is not None else []):
            return {"y": tf.identity(x)}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """What lies outside; everybody may read it, and even write."""
    with tempfile.TemporaryDirectory(prefix="deepcat-test-") as name:
        Path(name).chmod(0o777)
        Path(name, "open").write_text(SECRET)
        Path(name, "open").chmod(0o666)
        yield Path(name)


def module(attack: Attack, folder: Path, work: Path) -> tuple[Files, Module]:
    """A catalog with the model, whose sample expects it to answer its input."""
    model = Model(attack, str(folder))
    saved = work / "model"
    tf.saved_model.save(model, str(saved), signatures={"serving_default": model.answer})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.add(saved, "model")
    content = out.getvalue()
    reference = ModelRef(
        "tensorflow-savedmodel", "m.tar.gz", "", hashlib.sha256(content).hexdigest(), {}
    )
    sample = Sample("asked", "predict", {"inputs": {"x": "hello"}}, {"outputs": "hello"})
    made = Module("m", "1.0.0", "modules/m", {}, "", "", reference, (sample,))
    return Files({"modules/m/m.tar.gz": content}), made


@pytest.mark.parametrize("name", ATTACKS)
def test_a_model_reaches_nothing_outside_its_box(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    attack = ATTACKS[name]
    before = {path: path.read_text() for path in folder.iterdir()}
    tree, made = module(attack, folder, tmp_path)
    assert {path: path.read_text() for path in folder.iterdir()} == before, (
        "making it must not run it"
    )
    bounds = dict(attack.bounds or {})
    most = bounds.pop("output", 16 * _MiB)
    result = boxed.try_samples(
        tree, made, unboxed=False, grant=replace(boxed.GRANT, **bounds), most=most
    )
    why = ", ".join(result.failed.values())
    if attack.fails != OWN:
        assert why.startswith(attack.fails) if attack.fails else not why, why
    assert SECRET not in why
    assert {path: path.read_text() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["write a file", "write a file at once", "read a file"])
def test_without_the_box_it_would_have_reached_it(name: str, folder: Path, tmp_path: Path) -> None:
    tree, made = module(ATTACKS[name], folder, tmp_path)
    result = boxed.try_samples(tree, made, unboxed=True)
    written = folder / "made"
    assert written.exists() == name.startswith("write")
    assert (SECRET in str(result.failed)) == name.startswith("read")
    written.unlink(missing_ok=True)
