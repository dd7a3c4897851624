"""Fit y = x/2 + 2 by gradient descent and save it with predict, classify and regress signatures.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz and its sha256 where it is named
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

HERE = Path(__file__).resolve().parent
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


def archive(model: HalfPlusTwo) -> bytes:
    """The SavedModel as version 1 in a tar.gz that is the same for the same model."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(model, f"{folder}/1", model.signatures())
        updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(f"{folder}/1")
        for name in model.signatures():
            method = name.split("_", 1)[0].replace("serving", "predict")
            updater.replace_method_name(name, f"tensorflow/serving/{method}", tags="serve")
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


def write(model: HalfPlusTwo) -> None:
    """Write the archive, and its checksum where the module names it."""
    content = archive(model)
    (HERE / "model.tar.gz").write_bytes(content)
    digest = f"sha256: {hashlib.sha256(content).hexdigest()}"
    for name in ("module.yaml", "tosca.yaml"):
        text = (HERE / name).read_text("utf-8")
        (HERE / name).write_text(re.sub(r"sha256: [0-9a-f]*", digest, text), "utf-8")


def differences(metrics: dict[str, float]) -> list[str]:
    """What module.yaml says otherwise than these metrics."""
    told = yaml.safe_load((HERE / "module.yaml").read_text("utf-8"))["metrics"]
    return [
        f"{m['name']}: module.yaml says {m['value']}, training gave {metrics.get(m['name'])}"
        for m in told
        if not np.isclose(metrics.get(m["name"], np.nan), m["value"], rtol=0, atol=1e-5)
    ]


def main(arguments: list[str] | None = None) -> int:
    """Train, and do what the options ask."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="compare with module.yaml")
    parser.add_argument("--write", action="store_true", help="write the archive")
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
