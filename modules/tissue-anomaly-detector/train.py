"""Teach an autoencoder what benign tissue looks like, so that other tissue stands out; save it.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz, its sha256 where it is named, and the samples
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import yaml
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score

HERE = Path(__file__).resolve().parent
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


def archive(model: tf.Module) -> bytes:
    """The SavedModel as version 1 in a tar.gz that is the same for the same model."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(model, f"{folder}/1", {"serving_default": model.predict})
        return pack(Path(folder))


def pack(folder: Path) -> bytes:
    """A folder as tar.gz: names sorted, no times or owners, without TensorFlow's random stamp."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != "fingerprint.pb":
                content = path.read_bytes()
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size, entry.mode = len(content), 0o644
                tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), 9, mtime=0)


def write(model: tf.Module) -> None:
    """Write the archive, its checksum where the module names it, and the samples."""
    content = archive(model)
    (HERE / "model.tar.gz").write_bytes(content)
    digest = f"sha256: {hashlib.sha256(content).hexdigest()}"
    for name in ("module.yaml", "tosca.yaml"):
        text = (HERE / name).read_text("utf-8")
        (HERE / name).write_text(re.sub(r"sha256: [0-9a-f]*", digest, text), "utf-8")
    (HERE / "samples").mkdir(exist_ok=True)
    for name, bodies in samples(model).items():
        for kind, body in zip(("request", "response"), bodies, strict=True):
            path = HERE / "samples" / f"{name}.{kind}.json"
            path.write_text(json.dumps(body) + "\n", "utf-8")


def differences(metrics: dict[str, float]) -> list[str]:
    """What module.yaml says otherwise than these metrics."""
    told = yaml.safe_load((HERE / "module.yaml").read_text("utf-8"))["metrics"]
    return [
        f"{m['name']}: module.yaml says {m['value']}, training gave {metrics.get(m['name'])}"
        for m in told
        if not np.isclose(metrics.get(m["name"], np.nan), m["value"], rtol=0, atol=0.04)
    ]


def main(arguments: list[str] | None = None) -> int:
    """Train, and do what the options ask."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="compare with module.yaml")
    parser.add_argument("--write", action="store_true", help="write the archive and the samples")
    options = parser.parse_args(arguments)
    model, metrics = train()
    print(json.dumps(metrics, indent=2))
    if options.write:
        write(model)
    found = differences(metrics) if options.check else []
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
