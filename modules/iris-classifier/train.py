"""Learn to tell three irises apart by softmax regression, and save the model.

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
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from deepcat.training import Training

SEED = 20
SPECIES = ("setosa", "versicolor", "virginica")
FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


class Iris(tf.Module):
    """Standardises four lengths in cm and weighs them for each species."""

    def __init__(self, mean: np.ndarray, spread: np.ndarray) -> None:
        super().__init__()
        self.mean = tf.constant(mean, tf.float32)
        self.spread = tf.constant(spread, tf.float32)
        self.weights = tf.Variable(tf.zeros([len(FEATURES), len(SPECIES)]))
        self.bias = tf.Variable(tf.zeros([len(SPECIES)]))
        self.species = tf.constant(SPECIES)

    def logits(self, x: tf.Tensor) -> tf.Tensor:
        """[n, 4] in cm -> [n, 3], unscaled."""
        return (x - self.mean) / self.spread @ self.weights + self.bias

    @tf.function(input_signature=[tf.TensorSpec([None, len(FEATURES)], tf.float32, "flowers")])
    def predict(self, flowers: tf.Tensor) -> dict[str, tf.Tensor]:
        """The likeliest species and the probability of each."""
        probabilities = tf.nn.softmax(self.logits(flowers))
        likeliest = tf.argmax(probabilities, axis=1)
        return {"species": tf.gather(self.species, likeliest), "probabilities": probabilities}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def classify(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Species and probabilities of serialised `tf.Example`s, each feature by its name."""
        spec = {name: tf.io.FixedLenFeature([], tf.float32) for name in FEATURES}
        columns = tf.io.parse_example(inputs, spec)
        scores = tf.nn.softmax(self.logits(tf.stack([columns[f] for f in FEATURES], axis=1)))
        classes = tf.tile(self.species[tf.newaxis], [tf.shape(scores)[0], 1])
        return {"classes": classes, "scores": scores}


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Flowers and species to learn from, then those held out: 105 and 45, each species alike."""
    x, y = load_iris(return_X_y=True)
    x_seen, x_out, y_seen, y_out = train_test_split(
        x.astype(np.float32), y, test_size=0.3, random_state=SEED, stratify=y
    )
    return x_seen, y_seen, x_out, y_out


def train() -> tuple[Iris, dict[str, float]]:
    """Descend by gradient on the cross-entropy, with a little weight decay.

    Returns:
        The model, and metric name -> value on the held-out flowers.
    """
    x, y, x_out, y_out = data()
    model = Iris(x.mean(axis=0), x.std(axis=0))
    wanted = tf.one_hot(y, len(SPECIES))
    variables = (model.weights, model.bias)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            entropy = tf.nn.softmax_cross_entropy_with_logits(wanted, model.logits(x))
            loss = tf.reduce_mean(entropy) + 1e-3 * tf.nn.l2_loss(model.weights)
        for variable, slope in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.5 * slope)

    for _ in range(1000):
        step()
    probabilities = model.predict(x_out)["probabilities"].numpy()
    right = probabilities[np.arange(len(y_out)), y_out]
    return model, {
        "accuracy": float(np.mean(probabilities.argmax(axis=1) == y_out)),
        "log_loss": float(-np.mean(np.log(right))),
    }


def samples(model: Iris) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Sample name -> request and response, as bodies of TensorFlow Serving's REST API."""
    _, _, x_out, y_out = data()
    flowers = np.stack([x_out[y_out == kind][0] for kind in range(len(SPECIES))]).astype(float)
    answer = model.predict(tf.constant(flowers, tf.float32))
    rows = zip(answer["species"].numpy(), answer["probabilities"].numpy(), strict=True)
    rows = [(name.decode(), np.round(p.astype(float), 6).tolist()) for name, p in rows]
    flowers = np.round(flowers, 1).tolist()
    return {
        "one-of-each": (
            {"instances": flowers},
            {"predictions": [{"species": s, "probabilities": p} for s, p in rows]},
        ),
        "classify-by-name": (
            {
                "signature_name": "classify",
                "examples": [dict(zip(FEATURES, flowers[2], strict=True))],
            },
            {"results": [[list(pair) for pair in zip(SPECIES, rows[2][1], strict=True)]]},
        ),
    }


def save(model: Iris, folder: Path) -> None:
    """Write the SavedModel."""
    signatures = {"serving_default": model.predict, "classify": model.classify}
    tf.saved_model.save(model, str(folder), signatures)
    updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(str(folder))
    updater.replace_method_name("classify", "tensorflow/serving/classify", tags="serve")
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
