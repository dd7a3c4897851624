"""Learn to forecast a household's electric load from generated ones, and save the model.

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

from deepcat.training import Training

SEED = 17
SEEN, AHEAD, UNITS = 72, 24, 24
QUANTILES = (0.1, 0.5, 0.9)


class Forecaster(tf.Module):
    """A recurrent network (GRU) that reads three days hour by hour and draws the next day."""

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(SEED)
        self.inward = tf.Variable(rng.normal(0, 0.5, (1, 3 * UNITS)).astype(np.float32))
        self.around = tf.Variable(rng.normal(0, 0.2, (UNITS, 3 * UNITS)).astype(np.float32))
        self.bias = tf.Variable(tf.zeros([3 * UNITS]))
        self.outward = tf.Variable(
            rng.normal(0, 0.1, (UNITS + SEEN, AHEAD * len(QUANTILES))).astype(np.float32) * 0.3
        )
        self.level = tf.Variable(tf.zeros([AHEAD * len(QUANTILES)]))

    def read(self, hours: tf.Tensor) -> tf.Tensor:
        """[n, 72] -> [n, 24], the network's state after the last hour."""
        state = tf.zeros([tf.shape(hours)[0], UNITS])
        for hour in tf.range(SEEN):
            seen = tf.gather(hours, hour, axis=1)[:, tf.newaxis] @ self.inward + self.bias
            kept = state @ self.around
            update = tf.sigmoid(seen[:, :UNITS] + kept[:, :UNITS])
            reset = tf.sigmoid(seen[:, UNITS : 2 * UNITS] + kept[:, UNITS : 2 * UNITS])
            fresh = tf.tanh(seen[:, 2 * UNITS :] + reset * kept[:, 2 * UNITS :])
            state = update * state + (1.0 - update) * fresh
        return state

    @tf.function
    def draw(self, load: tf.Tensor) -> tf.Tensor:
        """[n, 72] -> [n, 24, 3], the quantiles of each hour, each at least the one below."""
        mean = tf.reduce_mean(load, axis=1, keepdims=True)
        spread = tf.math.reduce_std(load, axis=1, keepdims=True) + 1e-3
        hours = (load - mean) / spread
        drawn = tf.concat([self.read(hours), hours], axis=1) @ self.outward + self.level
        low, middle, high = tf.split(drawn, 3, axis=1)
        quantiles = [middle - tf.nn.softplus(low), middle, middle + tf.nn.softplus(high)]
        return tf.stack([mean + spread * part for part in quantiles], axis=2)

    @tf.function(input_signature=[tf.TensorSpec([None, SEEN], tf.float32, "load")])
    def predict(self, load: tf.Tensor) -> dict[str, tf.Tensor]:
        """The next 24 hours, and the band that holds eight of ten."""
        drawn = self.draw(load)
        return {"low": drawn[..., 0], "forecast": drawn[..., 1], "high": drawn[..., 2]}


def series(seed: int, days: int) -> np.ndarray:
    """One made-up household after another: a load in kW for each hour, [households, hours]."""
    rng = np.random.default_rng(seed)
    hours = np.arange(days * 24)
    made = []
    for _ in range(24):
        morning, evening = rng.normal(7.5, 1), rng.normal(19, 1)
        day = sum(
            size * np.exp(-0.5 * (((hours - peak + 12) % 24 - 12) / width) ** 2)
            for peak, size, width in ((morning, 0.6, 1.5), (evening, 1.0, 2.5))
        )
        weekend = np.where((hours // 24 + rng.integers(7)) % 7 > 4, 1.25, 1.0)
        weather = np.zeros(len(hours))
        for hour in range(1, len(hours)):
            weather[hour] = 0.97 * weather[hour - 1] + rng.normal(0, 0.04)
        noise = rng.normal(0, 0.06, len(hours))
        made.append(rng.uniform(0.5, 3) * (0.4 + day * weekend + weather + noise).clip(0.05))
    return np.array(made, np.float32)


def windows(loads: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Every `step` hours: the 72 hours before and the 24 after."""
    starts = range(0, loads.shape[1] - SEEN - AHEAD + 1, step)
    cut = np.concatenate([loads[:, at : at + SEEN + AHEAD] for at in starts])
    return cut[:, :SEEN], cut[:, SEEN:]


def train() -> tuple[Forecaster, dict[str, float]]:
    """Descend on the pinball loss of the three quantiles.

    Returns:
        The model, and metric name -> value on households that it never saw.
    """
    model = Forecaster()
    variables = list(model.trainable_variables)
    optimizer = tf.optimizers.Adam(5e-3)
    optimizer.build(variables)
    seen, ahead = windows(series(SEED, 60), 5)
    rng = np.random.default_rng(SEED)

    @tf.function(reduce_retracing=True)
    def step(hours: tf.Tensor, wanted: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            short = wanted[..., tf.newaxis] - model.draw(hours)
            pinball = tf.maximum(
                tf.constant(QUANTILES) * short, (tf.constant(QUANTILES) - 1) * short
            )
            loss = tf.reduce_mean(pinball / tf.math.reduce_std(hours, axis=1)[:, None, None])
        optimizer.apply(tape.gradient(loss, variables), variables)

    for _ in range(300):
        chosen = rng.integers(len(seen), size=128)
        step(tf.constant(seen[chosen]), tf.constant(ahead[chosen]))
    seen, ahead = windows(series(SEED + 1, 30), 7)
    told = {name: value.numpy() for name, value in model.predict(tf.constant(seen)).items()}
    inside = (told["low"] <= ahead) & (ahead <= told["high"])
    return model, {
        "mean_absolute_error": float(np.mean(np.abs(told["forecast"] - ahead))),
        "mean_absolute_error_of_same_hour_yesterday": float(np.mean(np.abs(seen[:, -24:] - ahead))),
        "coverage_of_80_percent_band": float(np.mean(inside)),
    }


def samples(model: Forecaster) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Sample name -> request and response, as bodies of TensorFlow Serving's REST API."""
    seen, _ = windows(series(SEED + 1, 10), 24)
    hours = np.array([[float(f"{value:.4g}") for value in row] for row in seen[[0, 30]]])
    flat = np.full((1, SEEN), 1.5)
    made = {}
    for name, loads in (("two-households", hours), ("a-steady-load", flat)):
        answer = model.predict(tf.constant(loads, tf.float32))
        told = {
            key: np.round(value.numpy().astype(float), 4).tolist() for key, value in answer.items()
        }
        rows = [dict(zip(told, values, strict=True)) for values in zip(*told.values(), strict=True)]
        made[name] = ({"instances": loads.tolist()}, {"predictions": rows})
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
