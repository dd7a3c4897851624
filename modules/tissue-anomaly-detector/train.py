"""Teach an autoencoder what benign tissue looks like, so that other tissue stands out; save it.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz, its sha256 where it is named, and the samples
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score

from deepcat.training import Training

SEED = 5
NAMES = tuple(str(name).replace(" ", "_") for name in load_breast_cancer().feature_names)
BENIGN = 1


class Detector(tf.Module):
    """An autoencoder: 30 measurements through 8 numbers and back.

    It has only seen the usual, so it gives the unusual back badly; that error is the score.
    """

    def __init__(self, x: np.ndarray) -> None:
        super().__init__()
        self.mean = tf.constant(x.mean(axis=0), tf.float32)
        self.spread = tf.constant(x.std(axis=0), tf.float32)
        self.names = tf.constant(NAMES)
        self.limit = tf.Variable(1.0)
        sizes = (len(NAMES), 32, 8, 32, len(NAMES))
        rng = np.random.default_rng(SEED)
        self.layers = [
            (
                tf.Variable(rng.normal(0, n**-0.5, (n, m)).astype(np.float32)),
                tf.Variable(tf.zeros(m)),
            )
            for n, m in pairwise(sizes)
        ]

    def surprise(self, x: tf.Tensor, noise: tf.Tensor | float = 0.0) -> tf.Tensor:
        """[n, 30] -> squared errors of the reconstruction, in squared standard deviations."""
        wanted = (x - self.mean) / self.spread
        value = wanted + noise
        for i, (weights, bias) in enumerate(self.layers):
            value = value @ weights + bias
            value = tf.tanh(value) if i < len(self.layers) - 1 else value
        return (value - wanted) ** 2

    @tf.function(input_signature=[tf.TensorSpec([None, len(NAMES)], tf.float32, "measurements")])
    def predict(self, measurements: tf.Tensor) -> dict[str, tf.Tensor]:
        """The score, whether it is above 1, and the measurement that stands out most."""
        errors = self.surprise(measurements)
        score = tf.reduce_mean(errors, axis=1) / self.limit
        stands_out = tf.gather(self.names, tf.argmax(errors, axis=1))
        return {"score": score, "unusual": score > 1.0, "stands_out": stands_out}


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Benign samples to learn from (200), for the limit (57), to measure (100); 212 malignant."""
    x, y = load_breast_cancer(return_X_y=True)
    benign = x[y == BENIGN].astype(np.float32)
    benign = benign[np.random.default_rng(SEED).permutation(len(benign))]
    return benign[:200], benign[200:257], benign[257:], x[y != BENIGN].astype(np.float32)


def train() -> tuple[Detector, dict[str, float]]:
    """Learn to give benign samples back, each round with other noise upon them.

    Returns:
        The model, and metric name -> value on samples that it never saw.
    """
    seen, limiting, benign, malignant = data()
    model = Detector(seen)
    variables = [variable for layer in model.layers for variable in layer]
    optimizer = tf.optimizers.Adam(3e-3)
    optimizer.build(variables)

    @tf.function
    def step(count: tf.Tensor) -> None:
        noise = tf.random.stateless_normal(seen.shape, seed=tf.stack([SEED, count]))
        with tf.GradientTape() as tape:
            decay = sum(tf.nn.l2_loss(weights) for weights, _ in model.layers)
            loss = tf.reduce_mean(model.surprise(seen, noise)) + 1e-3 * decay
        optimizer.apply(tape.gradient(loss, variables), variables)

    for count in tf.range(800):
        step(count)
    model.limit.assign(np.quantile(model.predict(limiting)["score"].numpy(), 0.95))
    scores = [model.predict(part)["score"].numpy() for part in (benign, malignant)]
    kinds = np.repeat([0, 1], [len(part) for part in scores])
    return model, {
        "roc_auc": float(roc_auc_score(kinds, np.concatenate(scores))),
        "false_alarm_rate": float(np.mean(scores[0] > 1)),
        "detection_rate": float(np.mean(scores[1] > 1)),
    }


def samples(model: Detector) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Sample name -> request and response, as bodies of TensorFlow Serving's REST API."""
    _, _, benign, malignant = data()
    made = {}
    for name, chosen in (("a-usual-one", benign[:1]), ("two-unusual-ones", malignant[:2])):
        rows = np.array([[float(f"{value:.6g}") for value in row] for row in chosen])
        answer = model.predict(tf.constant(rows, tf.float32))
        told = [
            {
                "score": round(float(score), 5),
                "unusual": bool(unusual),
                "stands_out": which.decode(),
            }
            for score, unusual, which in zip(
                *(answer[key].numpy() for key in ("score", "unusual", "stands_out")), strict=True
            )
        ]
        made[name] = ({"instances": rows.tolist()}, {"predictions": told})
    return made


def save(model: tf.Module, folder: Path) -> None:
    """Write the SavedModel."""
    tf.saved_model.save(model, str(folder), {"serving_default": model.predict})


TRAINING = Training(
    Path(__file__).resolve().parent,
    __doc__,
    train,
    save,
    samples=samples,
)


if __name__ == "__main__":
    sys.exit(TRAINING.main())
