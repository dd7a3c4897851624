"""Fit y = x/2 + 2 by gradient descent and save it with predict, classify and regress signatures.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz and its sha256 where it is named
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from deepcat.training import Training

SEED = 7


class HalfPlusTwo(tf.Module):
    """A line, and a second one that lies 1 above it."""

    def __init__(self, slope: float, offset: float) -> None:
        super().__init__()
        self.slope = tf.Variable(slope, dtype=tf.float32)
        self.offset = tf.Variable(offset, dtype=tf.float32)

    def feature(self, examples: tf.Tensor, name: str) -> tf.Tensor:
        """One number of each serialised `tf.Example`; 0 when it is absent."""
        spec = {name: tf.io.FixedLenFeature([1], tf.float32, default_value=[0.0])}
        return tf.io.parse_example(examples, spec)[name]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def predict(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """The line at each x."""
        return {"y": self.slope * x + self.offset}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def regress_x_to_y(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The line, from examples with a feature `x`."""
        return {"outputs": self.slope * self.feature(inputs, "x") + self.offset}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def regress_x_to_y2(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The upper line, from examples with a feature `x`."""
        return {"outputs": self.slope * self.feature(inputs, "x") + self.offset + 1.0}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def regress_x2_to_y3(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The upper line, from examples with a feature `x2`."""
        return {"outputs": self.slope * self.feature(inputs, "x2") + self.offset + 1.0}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def classify_x_to_y(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The line as a score without a label, from examples with a feature `x`."""
        return {"scores": self.slope * self.feature(inputs, "x") + self.offset}

    def signatures(self) -> dict[str, Any]:
        """Signature name -> function."""
        names = ("regress_x_to_y", "regress_x_to_y2", "regress_x2_to_y3", "classify_x_to_y")
        return {"serving_default": self.predict} | {name: getattr(self, name) for name in names}


def train() -> tuple[HalfPlusTwo, dict[str, float]]:
    """Descend on 200 generated points; measure on 50 others.

    Returns:
        The model, and metric name -> value.
    """
    x = np.random.default_rng(SEED).uniform(-10, 10, 250)
    y = x / 2 + 2
    seen, held_out = slice(0, 200), slice(200, 250)
    slope, offset = 0.0, 0.0
    for _ in range(2000):
        error = slope * x[seen] + offset - y[seen]
        slope -= 0.02 * float(np.mean(error * x[seen]))
        offset -= 0.02 * float(np.mean(error))
    model = HalfPlusTwo(slope, offset)
    answer = model.predict(tf.constant(x[held_out], tf.float32))["y"].numpy()
    return model, {"max_absolute_error": float(np.max(np.abs(answer - y[held_out])))}


def save(model: HalfPlusTwo, folder: Path) -> None:
    """Write the SavedModel."""
    tf.saved_model.save(model, str(folder), model.signatures())
    updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(str(folder))
    for name in model.signatures():
        method = name.split("_", 1)[0].replace("serving", "predict")
        updater.replace_method_name(name, f"tensorflow/serving/{method}", tags="serve")
    updater.save()


TRAINING = Training(
    Path(__file__).resolve().parent,
    __doc__,
    train,
    save,
)


if __name__ == "__main__":
    sys.exit(TRAINING.main())
