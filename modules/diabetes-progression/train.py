"""Learn how far diabetes will progress in a year, and how sure that is; save the model.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz, its sha256 where it is named, and the samples
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from deepcat.training import Training

SEED = 11
# Names that a person can read, in scikit-learn's order.
FEATURES = (
    "age",
    "sex",
    "bmi",
    "blood_pressure",
    "cholesterol",
    "ldl",
    "hdl",
    "cholesterol_per_hdl",
    "log_triglycerides",
    "glucose",
)


class Progression(tf.Module):
    """A normal distribution for each person: its mean and the logarithm of its spread are lines."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        super().__init__()
        self.mean = tf.constant(x.mean(axis=0), tf.float32)
        self.spread = tf.constant(x.std(axis=0), tf.float32)
        self.level = tf.constant(y.mean(), tf.float32)
        self.scale = tf.constant(y.std(), tf.float32)
        self.weights = tf.Variable(tf.zeros([len(FEATURES), 2]))
        self.bias = tf.Variable(tf.zeros([2]))

    def distribution(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """[n, 10] -> means and standard deviations, each [n]."""
        both = (x - self.mean) / self.spread @ self.weights + self.bias
        return self.level + self.scale * both[:, 0], self.scale * tf.exp(both[:, 1])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name) for name in FEATURES])
    def predict(self, *columns: tf.Tensor) -> dict[str, tf.Tensor]:
        """The progression to expect, and the interval that holds nine of ten people."""
        expected, deviation = self.distribution(tf.stack(columns, axis=1))
        return {
            "progression": expected,
            "low": expected - 1.6449 * deviation,
            "high": expected + 1.6449 * deviation,
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def regress(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The progression to expect, from serialised `tf.Example`s."""
        spec = {name: tf.io.FixedLenFeature([], tf.float32) for name in FEATURES}
        columns = tf.io.parse_example(inputs, spec)
        return {"outputs": self.distribution(tf.stack([columns[f] for f in FEATURES], axis=1))[0]}


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """People and progressions to learn from, then those held out: 331 and 111."""
    x, y = load_diabetes(return_X_y=True, scaled=False)
    seen, out, y_seen, y_out = train_test_split(
        x.astype(np.float32), y.astype(np.float32), test_size=0.25, random_state=SEED
    )
    return seen, y_seen, out, y_out


def train() -> tuple[Progression, dict[str, float]]:
    """Descend on the likelihood, with a little weight decay.

    Returns:
        The model, and metric name -> value on the people held out.
    """
    x, y, out, wanted = data()
    model = Progression(x, y)
    optimizer = tf.optimizers.Adam(0.02)
    variables = [model.weights, model.bias]
    optimizer.build(variables)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            expected, deviation = model.distribution(x)
            surprise = tf.math.log(deviation) + 0.5 * ((y - expected) / deviation) ** 2
            loss = tf.reduce_mean(surprise) + 0.01 * tf.nn.l2_loss(model.weights)
        optimizer.apply(tape.gradient(loss, variables), variables)

    for _ in range(800):
        step()
    expected, deviation = (part.numpy() for part in model.distribution(out))
    errors = wanted - expected
    return model, {
        "mean_absolute_error": float(np.mean(np.abs(errors))),
        "r2": float(1 - np.sum(errors**2) / np.sum((wanted - wanted.mean()) ** 2)),
        "coverage_of_90_percent_interval": float(np.mean(np.abs(errors) <= 1.6449 * deviation)),
    }


def samples(model: Progression) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Sample name -> request and response, as bodies of TensorFlow Serving's REST API."""
    people = np.round(data()[2][:2].astype(float), 4)
    rows = [dict(zip(FEATURES, person, strict=True)) for person in people.tolist()]
    columns = {name: people[:, i].tolist() for i, name in enumerate(FEATURES)}
    answer = model.predict(*tf.constant(people.T, tf.float32))
    told = {
        name: np.round(value.numpy().astype(float), 3).tolist() for name, value in answer.items()
    }
    answers = [dict(zip(told, values, strict=True)) for values in zip(*told.values(), strict=True)]
    return {
        "two-people": ({"instances": rows}, {"predictions": answers}),
        "two-people-by-column": ({"inputs": columns}, {"outputs": told}),
        "regress": (
            {"signature_name": "regress", "examples": rows},
            {"results": told["progression"]},
        ),
    }


def save(model: tf.Module, folder: Path) -> None:
    """Write the SavedModel."""
    signatures = {"serving_default": model.predict, "regress": model.regress}
    tf.saved_model.save(model, str(folder), signatures)
    updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(str(folder))
    updater.replace_method_name("regress", "tensorflow/serving/regress", tags="serve")
    updater.save()


TRAINING = Training(
    Path(__file__).resolve().parent,
    __doc__,
    train,
    save,
    samples=samples,
)


if __name__ == "__main__":
    sys.exit(TRAINING.main())
