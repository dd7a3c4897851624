"""Signatures read without TensorFlow are those that TensorFlow reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.reading.archive import read
from deepcat.catalog.reading.needed import lacking
from deepcat.catalog.reading.savedmodel import signatures, tags, unasked
from deepcat.catalog.reading.units import UnitKind

READINGS: list[tuple[Callable[[bytes], object], type]] = [
    (signatures, dict),
    (unasked, dict),
    (tags, set),
    (lambda content: list(lacking(content, ["variables/variables.index"])), list),
]


def packed(archive: Path) -> bytes:
    content = read(archive.name, archive.read_bytes())
    assert content.faults == ()
    assert content.saved_model is not None
    return content.saved_model


@pytest.mark.tensorflow
def test_as_tensorflow_reads_them(repository: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.framework import dtypes

    archives = sorted(repository.glob("modules/*/model.tar.gz"))
    assert archives
    for archive in archives:
        content = packed(archive)
        graph = saved_model_pb2.SavedModel.FromString(content).meta_graphs[0]
        wanted: dict[str, Any] = {}
        for name, signature in graph.signature_def.items():
            if name.startswith("__"):
                continue
            wanted[name] = {
                "method": signature.method_name.rpartition("/")[2],
                "inputs": _tensors(signature.inputs, dtypes),
                "outputs": _tensors(signature.outputs, dtypes),
            }
        assert signatures(content) == wanted


def _tensors(infos: Any, dtypes: Any) -> dict[str, Any]:
    return {
        name: {
            "dtype": dtypes.as_dtype(info.dtype).name,
            "shape": [dimension.size for dimension in info.tensor_shape.dim],
        }
        for name, info in infos.items()
    }


@settings(max_examples=300)
@given(st.data())
def test_broken_bytes_end_in_an_error(repository: Path, data: st.DataObject) -> None:
    content = bytearray(packed(repository / "modules" / "half-plus-two" / "model.tar.gz"))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    for read_of, form in READINGS:
        try:
            found = read_of(cut)
        except ValueError:
            continue
        assert isinstance(found, form)


def test_no_graph_is_an_error() -> None:
    with pytest.raises(ValueError, match="no graph"):
        signatures(b"")


def test_a_signature_is_in_the_form_of_the_schema(repository: Path, base_files: Any) -> None:
    import yaml

    data = yaml.safe_load(base_files["modules/plain/module.yaml"])
    model = packed(repository / "modules" / "iris-classifier" / "model.tar.gz")
    data["model"]["signature"] = signatures(model)
    assert is_valid(UnitKind.MODULE, data)
