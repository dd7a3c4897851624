"""Models of Keras and of TensorFlow Lite become SavedModels that answer as the originals do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcat.catalog.reading.archive import read
from deepcat.catalog.reading.savedmodel import signatures
from deepcat.host.archive import unpack

# Keras' own warnings, which no code of ours can mend.
pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:keras.*"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def tf() -> Any:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    return pytest.importorskip("tensorflow")


def convert(ending: str, content: bytes) -> tuple[str, bytes]:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "deepcat.serving.converting", ending],
        input=content, capture_output=True, check=True,
    )  # fmt: skip
    head, _, archive = done.stdout.partition(b"\n")
    return json.loads(head)["fault"], archive


def loaded(tf: Any, archive: bytes, folder: Path) -> Any:
    packed = folder.with_suffix(".tar.gz")
    packed.write_bytes(archive)
    unpack(packed, folder)
    return tf.saved_model.load(folder).signatures["serving_default"]


def network(tf: Any) -> Any:
    layers, image = tf.keras.layers, tf.keras.Input((12, 12, 2), name="image")
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    x = layers.MaxPooling2D()(x)
    x = layers.DepthwiseConv2D(3)(x)
    x = layers.BatchNormalization()(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(layers.LeakyReLU()(x))
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return tf.keras.Model(image, layers.Dense(3, activation="softmax", name="kind")(x))


def test_a_keras_model_answers_as_before(tf: Any, tmp_path: Path) -> None:
    model = network(tf)
    for ending in (".keras", ".h5"):
        model.save(tmp_path / f"a{ending}")
        fault, archive = convert(ending, (tmp_path / f"a{ending}").read_bytes())
        assert fault == ""
        asked = np.random.default_rng(0).uniform(-1, 1, (2, 12, 12, 2)).astype("float32")
        given = loaded(tf, archive, tmp_path / ending)(image=tf.constant(asked))
        assert np.allclose(next(iter(given.values())), model(asked), atol=1e-5)


def quantised(converter: Any, tf: Any) -> None:
    random = np.random.default_rng(0)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [random.uniform(-1, 1, (1, 12, 12, 2)).astype("float32")] for _ in range(10)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8


def halved(converter: Any, tf: Any) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


KINDS: list[tuple[Callable[[Any, Any], None], str]] = [
    (lambda _converter, _tf: None, "float32"), (halved, "float32"), (quantised, "int8"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "dtype"), KINDS)
def test_a_lite_model_answers_as_before(
    tf: Any, kind: Callable[[Any, Any], None], dtype: str, tmp_path: Path
) -> None:
    converter = tf.lite.TFLiteConverter.from_keras_model(network(tf))
    kind(converter, tf)
    content = converter.convert()
    fault, archive = convert(".tflite", content)
    assert fault == ""
    known = read("a.tar.gz", archive)
    assert known.faults == ()
    assert known.saved_model
    assert signatures(known.saved_model)["serving_default"]["inputs"] == {
        "image": {"dtype": dtype, "shape": [-1, 12, 12, 2]}
    }
    function = loaded(tf, archive, tmp_path)
    original = tf.lite.Interpreter(model_content=content).get_signature_runner()
    random = np.random.default_rng(1)
    for _ in range(5):
        asked = random.uniform(-1, 1, (1, 12, 12, 2)).astype("float32")
        if dtype == "int8":
            asked = random.integers(-128, 128, asked.shape).astype("int8")
        due = next(iter(original(image=asked).values()))
        given = next(iter(function(image=tf.constant(asked)).values())).numpy()
        assert given.dtype == due.dtype
        assert np.allclose(
            given.astype(float), due.astype(float), atol=2 if dtype == "int8" else 1e-4
        )


def test_what_cannot_be_converted_says_why(tf: Any) -> None:
    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([2, 2], tf.float32, name="x")])
        def call(self, x: Any) -> Any:
            return {"y": tf.cumsum(x, 1)}

    model = Model()
    functions = [model.call.get_concrete_function()]
    content = tf.lite.TFLiteConverter.from_concrete_functions(functions, model).convert()
    said = "holds the operation CUMSUM, which is not converted"
    assert convert(".tflite", content) == (said, b"")
    assert convert(".tflite", content[:200])[0]
    assert convert(".keras", b"no")[0].startswith("ends in ValueError")
