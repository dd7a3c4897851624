"""Learn how far diabetes will progress in a year, and how sure that is; save the model.

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
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
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


def archive(model: tf.Module) -> bytes:
    """The SavedModel as version 1 in a tar.gz that is the same for the same model."""
    with tempfile.TemporaryDirectory() as folder:
        signatures = {"serving_default": model.predict, "regress": model.regress}
        tf.saved_model.save(model, f"{folder}/1", signatures)
        updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(f"{folder}/1")
        updater.replace_method_name("regress", "tensorflow/serving/regress", tags="serve")
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
        if not np.isclose(metrics.get(m["name"], np.nan), m["value"], rtol=1e-3, atol=0.01)
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
