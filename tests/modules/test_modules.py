"""Every folder of `modules/`: what it says of itself is so."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from deepcat.host.model_server.compare import differences

# Each is loaded once, by one worker that has imported TensorFlow.
pytestmark = pytest.mark.xdist_group("modules")
MODULES = Path(__file__).resolve().parents[2] / "modules"
NAMES = sorted(path.parent.name for path in MODULES.glob("*/module.yaml"))
# Those whose training is quick; `loop/trained/test_reproduce.py` trains the others, and compares.
QUICK = ("half-plus-two", "iris-classifier")
MAX_ARCHIVE = 300_000


def described(name: str) -> Any:
    return yaml.safe_load((MODULES / name / "module.yaml").read_text("utf-8"))


def body(name: str, sample: Mapping[str, Any], kind: str) -> Any:
    if kind in sample:
        return sample[kind]
    return json.loads((MODULES / name / sample[f"{kind}_file"]).read_text("utf-8"))


SAMPLES = [
    pytest.param(name, number, id=f"{name}-{sample['name']}")
    for name in NAMES
    for number, sample in enumerate(described(name)["samples"])
]


def test_there_are_modules_of_many_kinds() -> None:
    assert len(NAMES) >= 8
    for field, least in (("tasks", 7), ("data-type", 4), ("libraries", 3)):
        assert len({word for name in NAMES for word in described(name)[field]}) >= least


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_holds_what_a_reader_looks_for(name: str) -> None:
    folder, told = MODULES / name, described(name)
    assert told["name"] == name
    assert len(told["samples"]) >= 2
    assert len({sample["name"] for sample in told["samples"]}) == len(told["samples"])
    assert told["changes"][0]["version"] == told["version"]
    assert told["metrics"]
    readme = (folder / "README.md").read_text("utf-8")
    for heading in ("## How to call it", "## Limits"):
        assert heading in readme
    if "image" in told:
        assert (folder / told["image"]).stat().st_size < 100_000


@pytest.mark.parametrize("name", NAMES)
def test_the_archive_is_the_one_that_is_named(name: str) -> None:
    content = (MODULES / name / "model.tar.gz").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert len(content) <= MAX_ARCHIVE
    assert described(name)["model"]["sha256"] == digest
    template = yaml.safe_load((MODULES / name / "tosca.yaml").read_text("utf-8"))
    properties = template["topology_template"]["node_templates"]["model"]["properties"]
    assert properties["sha256"] == digest
    assert properties["archive"] == described(name)["model"]["path"]


@pytest.mark.parametrize("name", NAMES)
def test_the_archive_tells_nothing_of_where_it_was_packed(name: str) -> None:
    path = MODULES / name / "model.tar.gz"
    assert path.read_bytes()[4:8] == bytes(4)  # gzip's time
    with tarfile.open(path) as tar:
        entries = tar.getmembers()
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert "1/saved_model.pb" in [entry.name for entry in entries]
    for entry in entries:
        assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, 0, "", "")
        assert entry.isfile() and entry.name.startswith("1/")
    plain = gzip.decompress(path.read_bytes())
    assert str(MODULES.parent).encode() not in plain


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_the_models(name: str, load_model: Callable[[str], Any]) -> None:
    model, told = load_model(name), described(name)["model"]["signature"]
    assert set(told) == set(model.signatures)
    for key, signature in model.signatures.items():
        inputs = signature.structured_input_signature[1]
        assert told[key]["inputs"].keys() == inputs.keys()
        assert told[key]["outputs"].keys() == signature.structured_outputs.keys()
        for tensors, real in (
            (told[key]["inputs"], inputs),
            (told[key]["outputs"], signature.structured_outputs),
        ):
            for tensor, spec in real.items():
                assert tensors[tensor]["dtype"] == spec.dtype.name
                # What the graph does not know, the file may.
                if spec.shape.rank is not None:
                    known = [-1 if n is None else n for n in spec.shape.as_list()]
                    pairs = zip(tensors[tensor]["shape"], known, strict=True)
                    assert all(said == knows or knows == -1 for said, knows in pairs)


@pytest.mark.tensorflow
@pytest.mark.parametrize(("name", "number"), SAMPLES)
def test_a_sample_gets_its_answer(
    name: str,
    number: int,
    load_model: Callable[[str], Any],
    ask: Callable[[Any, str, Mapping[str, Any]], dict[str, Any]],
) -> None:
    sample = described(name)["samples"][number]
    answer = ask(load_model(name), sample["method"], body(name, sample, "request"))
    assert differences(body(name, sample, "response"), answer, sample["tolerance"]) == ()


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", QUICK)
def test_training_again_gives_the_metrics(
    name: str, load_script: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    script = load_script(name)
    assert script.TRAINING.main(["--check"]) == 0, capsys.readouterr().err
    assert json.loads(capsys.readouterr().out).keys() == {
        metric["name"] for metric in described(name)["metrics"]
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_script_brings_only_what_is_its_own(name: str) -> None:
    """The rest is `deepcat.training`, which a module's folder needs and nothing else of ours."""
    text = (MODULES / name / "train.py").read_text("utf-8")
    assert re.findall(r"(?:from|import) (deepcat[\w.]*)", text) == ["deepcat.training"]
    for shared in ("argparse", "gzip", "hashlib", "tarfile", "yaml"):
        assert f"import {shared}" not in text


@pytest.mark.tensorflow
@pytest.mark.starts("a program")
def test_training_again_gives_the_same_files(tmp_path: Path) -> None:
    """Of a model whose arithmetic no processor does otherwise, byte for byte."""
    source, copy = MODULES / "half-plus-two", tmp_path / "half-plus-two"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "model.tar.gz").unlink()
    command = [sys.executable, "train.py", "--check", "--write"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    for path in source.iterdir():
        if path.is_file():
            assert (copy / path.name).read_bytes() == path.read_bytes(), path.name
