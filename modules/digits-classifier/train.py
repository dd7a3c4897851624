"""Learn to read handwritten digits with a small convolutional network, and save the model.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz, its sha256 where it is named, and the samples
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.model_selection import train_test_split

from deepcat.training import Training, confusion, given, note

SEED, EPOCHS = 3, 30
# What the catalog names `digits`: a training is told where it lies, a clone has it beside modules.
DATA = (
    os.environ.get("DEEPCAT_DATA_DIGITS") or Path(__file__).resolve().parents[2] / "datasets/digits"
)
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
    rows = np.loadtxt(Path(DATA, "digits.csv"), delimiter=",", skiprows=1, dtype=np.float32)
    images, digits = rows[:, :-1].reshape(-1, 8, 8), rows[:, -1].astype(np.int64)
    seen, out, y_seen, y_out = train_test_split(
        images,
        digits,
        test_size=0.25,
        random_state=SEED,
        stratify=digits,
    )
    return seen, y_seen, out, y_out


def train() -> tuple[Digits, dict[str, float]]:
    """Fit with dropout, for as many rounds as the input `epochs` says.

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
    epochs = given("epochs", EPOCHS)
    tells = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, told: note({"loss": told["loss"]}, epoch, epochs)
    )
    network.fit(
        images[..., np.newaxis] / 16.0,
        digits,
        epochs=epochs,
        batch_size=64,
        verbose=0,
        callbacks=[tells],
    )
    model = Digits(network.get_weights())
    probabilities = model.predict(out)["probabilities"].numpy()
    confusion(wanted, probabilities.argmax(axis=1))
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
