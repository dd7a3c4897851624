"""Learn to tell three irises apart by softmax regression, and save the model.

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
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import yaml
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
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


def archive(model: Iris) -> bytes:
    """The SavedModel as version 1 in a tar.gz that is the same for the same model."""
    with tempfile.TemporaryDirectory() as folder:
        signatures = {"serving_default": model.predict, "classify": model.classify}
        tf.saved_model.save(model, f"{folder}/1", signatures)
        updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(f"{folder}/1")
        updater.replace_method_name("classify", "tensorflow/serving/classify", tags="serve")
        updater.save()
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


def write(model: Iris) -> None:
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
        if not np.isclose(metrics.get(m["name"], np.nan), m["value"], rtol=0, atol=1e-3)
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
