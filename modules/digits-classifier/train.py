"""Learn to read handwritten digits with a small convolutional network, and save the model.

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
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
SEED = 3
keras = tf.keras


class Digits(tf.Module):
    """A small convolutional network over images of 8 by 8 grey values from 0 to 16.

    Its weights come from the Keras network below; held as plain variables, they are restored by
    every server, also by one that does not know Keras.
    """

    def __init__(self, weights: list[np.ndarray]) -> None:
        super().__init__()
        self.weights = [tf.Variable(part) for part in weights]

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8], tf.float32, "images")])
    def predict(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """The likeliest digit and the probability of each."""
        first, first_bias, second, second_bias, third, third_bias, last, last_bias = self.weights
        value = images[..., tf.newaxis] / 16.0
        value = tf.nn.relu(tf.nn.conv2d(value, first, 1, "SAME") + first_bias)
        value = tf.nn.relu(tf.nn.conv2d(value, second, 1, "VALID") + second_bias)
        value = tf.nn.max_pool2d(value, 2, 2, "VALID")
        value = tf.reshape(value, [-1, third.shape[0]])
        logits = tf.nn.relu(value @ third + third_bias) @ last + last_bias
        return {"digit": tf.argmax(logits, axis=1), "probabilities": tf.nn.softmax(logits)}


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images and digits to learn from, then those held out: 1347 and 450, each digit alike."""
    bunch = load_digits()
    seen, out, y_seen, y_out = train_test_split(
        bunch.images.astype(np.float32),
        bunch.target,
        test_size=0.25,
        random_state=SEED,
        stratify=bunch.target,
    )
    return seen, y_seen, out, y_out


def train() -> tuple[Digits, dict[str, float]]:
    """Fit for 30 rounds with dropout.

    Returns:
        The model, and metric name -> value on the held-out images.
    """
    keras.utils.set_random_seed(SEED)
    network = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(2e-3), loss)
    images, digits, out, wanted = data()
    network.fit(images[..., np.newaxis] / 16.0, digits, epochs=30, batch_size=64, verbose=0)
    model = Digits(network.get_weights())
    probabilities = model.predict(out)["probabilities"].numpy()
    right = probabilities[np.arange(len(wanted)), wanted]
    return model, {
        "accuracy": float(np.mean(probabilities.argmax(axis=1) == wanted)),
        "log_loss": float(-np.mean(np.log(right))),
    }


def samples(model: Digits) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Sample name -> request and response, as bodies of TensorFlow Serving's REST API."""
    _, _, out, wanted = data()
    four, seven, nine = (out[wanted == digit][0] for digit in (4, 7, 9))
    made = {}
    for name, images in (("a-seven", [seven]), ("a-four-and-a-nine", [four, nine])):
        answer = model.predict(np.stack(images))
        rows = [
            {"digit": int(digit), "probabilities": np.round(scores.astype(float), 6).tolist()}
            for digit, scores in zip(
                answer["digit"].numpy(), answer["probabilities"].numpy(), strict=True
            )
        ]
        instances = [image.astype(int).tolist() for image in images]
        made[name] = ({"instances": instances}, {"predictions": rows})
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
        if not np.isclose(metrics.get(m["name"], np.nan), m["value"], rtol=0, atol=0.02)
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
