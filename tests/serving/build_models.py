"""Write the SavedModels of the tests; run as a script, since it imports all of TensorFlow.

python build_models.py FOLDER
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
PREDICT = "tensorflow/serving/predict"


def _signature(inputs: dict[str, Any], outputs: dict[str, Any], method: str) -> Any:
    return v1.saved_model.signature_def_utils.build_signature_def(
        {name: v1.saved_model.build_tensor_info(tensor) for name, tensor in inputs.items()},
        {name: v1.saved_model.build_tensor_info(tensor) for name, tensor in outputs.items()},
        method,
    )


def _save(session: Any, folder: Path, signatures: dict[str, Any], main_op: Any = None) -> None:
    builder = v1.saved_model.Builder(str(folder))
    builder.add_meta_graph_and_variables(
        session, ["serve"], signature_def_map=signatures, main_op=main_op
    )
    builder.save()


def linear_tf1(folder: Path, offset: float = 2.0) -> None:
    """y = x / 2 + offset in TensorFlow 1's form, with predict, classify and regress."""
    with v1.Session(graph=tf.Graph()) as session:
        half = v1.get_variable("half", initializer=0.5, use_resource=True)
        plus = v1.get_variable("plus", initializer=offset, use_resource=True)
        three = v1.get_variable("three", initializer=3.0, use_resource=True)
        texts = v1.placeholder(tf.string, name="tf_example")
        features = {
            "x": v1.FixedLenFeature([1], tf.float32),
            "x2": v1.FixedLenFeature([1], tf.float32, default_value=[0.0]),
        }
        parsed = v1.parse_example(texts, features)
        x = v1.placeholder(tf.float32, name="x")
        y = tf.add(half * x, plus, name="y")
        x2 = v1.placeholder(tf.float32, name="x2")
        y3 = tf.add(half * x2, three, name="y3")
        of_example = half * parsed["x"] + plus
        of_second = half * parsed["x2"] + three
        signatures = {
            "serving_default": _signature({"x": x}, {"y": y}, PREDICT),
            "regress_x_to_y": _signature({"inputs": texts}, {"outputs": of_example}, REGRESS),
            "regress_x_to_y2": _signature({"inputs": texts}, {"outputs": of_second}, REGRESS),
            "classify_x_to_y": _signature({"inputs": texts}, {"scores": of_example}, CLASSIFY),
            "classify_x2_to_y3": _signature({"inputs": x2}, {"scores": y3}, CLASSIFY),
        }
        session.run(v1.global_variables_initializer())
        _save(session, folder, signatures)


def matrix(folder: Path) -> None:
    """y = x / 2 + 2 for a batch of matrices."""
    with v1.Session(graph=tf.Graph()) as session:
        x = v1.placeholder(tf.float32, [None, None, None], name="x")
        y = tf.add(0.5 * x, 2.0, name="y")
        _save(session, folder, {"serving_default": _signature({"x": x}, {"y": y}, PREDICT)})


def counter(folder: Path) -> None:
    """A variable that requests change."""
    with v1.Session(graph=tf.Graph()) as session:
        value = v1.get_variable("counter", initializer=0.0, use_resource=True)
        delta = v1.placeholder(tf.float32, [], name="delta")
        add_one = tf.identity(value.assign_add(1.0, read_value=True), name="add_one")
        add_delta = tf.identity(value.assign_add(delta, read_value=True), name="add_delta")
        reset = tf.identity(value.assign(0.0, read_value=True), name="reset")
        signatures = {
            "get_counter": _signature({}, {"output": tf.identity(value)}, PREDICT),
            "incr_counter": _signature({}, {"output": add_one}, PREDICT),
            "incr_counter_by": _signature({"delta": delta}, {"output": add_delta}, PREDICT),
            "reset_counter": _signature({}, {"output": reset}, PREDICT),
        }
        session.run(v1.global_variables_initializer())
        _save(session, folder, signatures)


class LinearTf2(tf.Module):  # type: ignore[misc]
    """y = x / 2 + 2 in TensorFlow 2's form."""

    def __init__(self) -> None:
        super().__init__()
        self.half = tf.Variable(0.5)

    @tf.function
    def predict(self, x: Any) -> Any:
        """Half plus two."""
        return {"y": self.half * x + 2.0}

    def _parsed(self, texts: Any, name: str) -> Any:
        feature = tf.io.FixedLenFeature([1], tf.float32, [0.0])
        return tf.io.parse_example(texts, {name: feature})[name]

    @tf.function
    def regress(self, inputs: Any) -> Any:
        """Half plus two of `x`."""
        return {"outputs": self.half * self._parsed(inputs, "x") + 2.0}

    @tf.function
    def classify(self, inputs: Any) -> Any:
        """Half plus two of `x`, as a score."""
        return {"scores": self.half * self._parsed(inputs, "x") + 2.0}

    @tf.function
    def scores(self, inputs: Any) -> Any:
        """Half plus three of a number, as a score."""
        return {"scores": self.half * inputs + 3.0}


def linear_tf2(folder: Path) -> None:
    """Half plus two with the methods that TensorFlow 2 itself never writes."""
    module = LinearTf2()
    texts, number = tf.TensorSpec(None, tf.string), tf.TensorSpec(None, tf.float32)
    signatures = {
        "serving_default": module.predict.get_concrete_function(number),
        "regress_x_to_y": module.regress.get_concrete_function(texts),
        "classify_x_to_y": module.classify.get_concrete_function(texts),
        "classify_x2_to_y3": module.scores.get_concrete_function(number),
    }
    tf.saved_model.save(module, str(folder), signatures)
    _set_methods(folder)


def _set_methods(folder: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    path = folder / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for name, signature in model.meta_graphs[0].signature_def.items():
        for prefix, method in (("regress", REGRESS), ("classify", CLASSIFY)):
            if name.startswith(prefix):
                signature.method_name = method
    path.write_bytes(model.SerializeToString())


TYPES = ("float32", "float64", "int32", "int64", "int16", "int8", "uint8", "uint16", "uint32",
         "uint64", "bool", "string", "float16", "bfloat16")  # fmt: skip


class Echo(tf.Module):  # type: ignore[misc]
    """Gives back what it gets, for each type."""

    @tf.function
    def echo(self, **tensors: Any) -> Any:
        """Each input under its own name."""
        return {f"out_{name}": tf.identity(tensor) for name, tensor in tensors.items()}

    @tf.function
    def blobs(self, image_bytes: Any) -> Any:
        """Bytes to bytes, with their length and whether there are any."""
        return {
            "image_bytes": tf.strings.join([image_bytes, image_bytes]),
            "length": tf.strings.length(image_bytes),
            "some": tf.strings.length(image_bytes) > 0,
        }

    @tf.function
    def fail(self, x: Any) -> Any:
        """Fail when `x` has a number below zero."""
        with tf.control_dependencies([tf.debugging.assert_non_negative(x, "below zero")]):
            return {"y": tf.identity(x)}

    @tf.function
    def slow(self, x: Any) -> Any:
        """Multiply matrices until `x` times a while has passed."""
        big = tf.ones([400, 400])
        index = tf.constant(0)
        while index < tf.cast(x, tf.int32):
            big = tf.matmul(big, big) / 400.0
            index += 1
        return {"y": big[0, 0]}


def echo(folder: Path) -> None:
    """One signature for each type, and some more."""
    module = Echo()
    signatures = {
        f"echo_{name}": module.echo.get_concrete_function(**{name: tf.TensorSpec(None, name)})
        for name in TYPES
    }
    both = {"left": tf.TensorSpec(None, tf.float32), "right": tf.TensorSpec(None, tf.string)}
    signatures["serving_default"] = module.echo.get_concrete_function(**both)
    signatures["blobs"] = module.blobs.get_concrete_function(tf.TensorSpec([None], tf.string))
    signatures["fail"] = module.fail.get_concrete_function(tf.TensorSpec(None, tf.float32))
    signatures["slow"] = module.slow.get_concrete_function(tf.TensorSpec([], tf.float32))
    tf.saved_model.save(module, str(folder), signatures)


class Twin(tf.Module):  # type: ignore[misc]
    """One input of each kind, as `server/deepaas/plugin/deepcat_twin.py` has them."""

    @tf.function
    def predict(
        self, count: Any, flag: Any, image_bytes: Any, scale: Any, values: Any, word: Any
    ) -> Any:
        """Each input in an output of its own."""
        return {
            "counted": count + 1,
            "flagged": tf.logical_not(flag),
            "image_bytes": tf.identity(image_bytes),
            "scaled": values * scale,
            "spoken": tf.identity(word),
        }


def twin(folder: Path) -> None:
    """The model that DEEPaaS' own server serves beside ours."""
    module = Twin()
    signature = module.predict.get_concrete_function(
        count=tf.TensorSpec([], tf.int64),
        flag=tf.TensorSpec([], tf.bool),
        image_bytes=tf.TensorSpec([], tf.string),
        scale=tf.TensorSpec([], tf.float64),
        values=tf.TensorSpec([None], tf.float64),
        word=tf.TensorSpec([], tf.string),
    )
    tf.saved_model.save(module, str(folder), {"serving_default": signature})


class Several(tf.Module):  # type: ignore[misc]
    """Three signatures, as `server/deepaas/plugin/deepcat_several.py` has them."""

    @tf.function
    def scale(self, count: Any, values: Any) -> Any:
        """Numbers."""
        return {"scaled": values * tf.cast(count, tf.float64)}

    @tf.function
    def show(self, image_bytes: Any) -> Any:
        """A file."""
        return {"image_bytes": tf.identity(image_bytes)}

    @tf.function
    def speak(self, count: Any, word: Any) -> Any:
        """A text, and another number by the same name."""
        return {"counted": count + 1, "spoken": tf.identity(word)}


def several(folder: Path) -> None:
    """The model that DEEPaaS' own server serves beside ours, with a choice of signatures."""
    module = Several()
    count = tf.TensorSpec([], tf.int64)
    signatures = {
        "serving_default": module.scale.get_concrete_function(
            count=count, values=tf.TensorSpec([None], tf.float64)
        ),
        "show": module.show.get_concrete_function(image_bytes=tf.TensorSpec([], tf.string)),
        "speak": module.speak.get_concrete_function(count=count, word=tf.TensorSpec([], tf.string)),
    }
    tf.saved_model.save(module, str(folder), signatures)


def warmed(folder: Path, number: float) -> None:
    """The counter with one warm-up request that adds `number`; a text there is none it knows."""
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

    counter(folder)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "any"
    request.model_spec.signature_name = "incr_counter_by"
    request.inputs["delta"].CopyFrom(tf.make_tensor_proto(number))
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(request)
    extra = folder / "assets.extra"
    extra.mkdir()
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as writer:
        writer.write(log.SerializeToString())


def unrestored(folder: Path) -> None:
    """A Keras model inside a module: its weights are written where no session reads them."""
    import keras

    class Holder(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            half, two = (keras.initializers.Constant(each) for each in (0.5, 2.0))
            dense = keras.layers.Dense(1, kernel_initializer=half, bias_initializer=two)
            self.network = keras.Sequential([keras.layers.Input((1,)), dense])

        @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32)])
        def predict(self, x: Any) -> Any:
            return {"y": self.network(x)}

    holder = Holder()
    tf.saved_model.save(holder, str(folder), {"serving_default": holder.predict})


def nested(folder: Path) -> None:
    """A function with constants in another one; beside it what TensorFlow's own session answers."""

    @tf.function
    def inner(x: Any) -> Any:
        return (x / 0.3) * 7.1

    @tf.function(input_signature=[tf.TensorSpec([None, 9], tf.float32, "x")])
    def outer(x: Any) -> Any:
        return {"y": inner(x) / 1.3}

    module = tf.Module()
    module.outer = outer
    tf.saved_model.save(module, str(folder), {"serving_default": outer})
    with v1.Session(graph=tf.Graph()) as session:
        loaded = v1.saved_model.load(session, ["serve"], str(folder))
        asked = np.random.default_rng(1).uniform(0, 1, (64, 9)).astype(np.float32)
        signature = loaded.signature_def["serving_default"]
        given = {signature.inputs["x"].name: asked}
        answered = session.run(signature.outputs["y"].name, given)
    np.savez(folder.parent / "held.npz", asked=asked, answered=answered)


def lite(root: Path) -> None:
    """Models of TensorFlow Lite: x + 1; the same beside SavedModels; one of TensorFlow's own."""

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def add(x: tf.Tensor) -> Any:
        return {"y": x + 1.0}

    @tf.function(input_signature=[tf.TensorSpec([None, 2, 2], tf.float32)])
    def invert(x: tf.Tensor) -> Any:
        return {"y": tf.linalg.inv(x)}

    module = tf.Module()
    module.add, module.invert = add, invert
    for name, function in (("lite", add), ("lite_flex", invert)):
        made = function.get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([made], module)
        kinds = tf.lite.OpsSet
        converter.target_spec.supported_ops = [kinds.TFLITE_BUILTINS, kinds.SELECT_TF_OPS]
        (root / name / "1").mkdir(parents=True)
        (root / name / "1" / "model.tflite").write_bytes(converter.convert())
    linear_tf2(root / "lite_beside" / "1")
    for plus in (1, 2):
        beside = tf.Module()
        spec = tf.TensorSpec([None, 2], tf.float32, "x")
        beside.add = tf.function(
            lambda x, plus=plus: {"y": x + float(plus)}, input_signature=[spec]
        )
        folder = root / f"plus_{plus}" / "1"
        tf.saved_model.save(beside, str(folder), {"serving_default": beside.add})
    for name in ("lite_beside", "plus_1", "plus_2"):
        shutil.copy(root / "lite" / "1" / "model.tflite", root / name / "1")


def mnist(folder: Path) -> None:
    """A softmax of nought over ten digits, with the signature of TensorFlow Serving's example."""
    with v1.Session(graph=tf.Graph()) as session:
        weights = v1.get_variable("w", initializer=tf.zeros([784, 10]), use_resource=True)
        images = v1.placeholder(tf.float32, [None, 784], name="x")
        scores = tf.nn.softmax(tf.matmul(images, weights), name="y")
        session.run(v1.global_variables_initializer())
        signature = _signature({"images": images}, {"scores": scores}, PREDICT)
        _save(session, folder, {"predict_images": signature})


def bad(folder: Path) -> None:
    """What is no model."""
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"not a model")


def main(root: Path) -> None:
    """Write all of them."""
    linear_tf1(root / "half_plus_two_tf1" / "123")
    linear_tf1(root / "half_plus_three_tf1" / "123", 3.0)
    linear_tf2(root / "half_plus_two_tf2" / "123")
    for version in ("123", "124"):
        linear_tf1(root / "half_plus_two_2_versions" / version)
    matrix(root / "matrix" / "1")
    mnist(root / "mnist" / "1")
    bad(root / "bad" / "123")
    counter(root / "counter" / "123")
    echo(root / "echo" / "1")
    twin(root / "twin" / "1")
    several(root / "several" / "1")
    unrestored(root / "unrestored" / "1")
    nested(root / "nested" / "1")
    lite(root)
    warmed(root / "warmed" / "1", 5.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
