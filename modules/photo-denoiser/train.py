"""Learn to take the noise off photographs, and save the model, which takes and gives image files.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz, its sha256 where it is named, and the samples
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import numpy as np
import sklearn.datasets
import tensorflow as tf

from deepcat.training import Training

SEED = 23
PHOTOGRAPHS = Path(sklearn.datasets.__file__).parent / "images"
MAX_PIXELS = 2_000_000
ROUNDS = 800


class Denoiser(tf.Module):
    """Three convolutions that guess the noise, which is then taken away.

    Training is in 32 bits; the saved model reckons in 64, so that every machine rounds to the same
    pixels and an answer can be compared byte by byte.
    """

    def __init__(self, weights: list[np.ndarray], dtype: tf.DType) -> None:
        super().__init__()
        self.dtype = dtype
        self.weights = [tf.Variable(tf.cast(part, dtype)) for part in weights]

    def clean(self, pixels: tf.Tensor) -> tf.Tensor:
        """[n, h, w, 3] from 0 to 1 -> the same without noise."""
        value = pixels - 0.5
        for i in (0, 2, 4):
            value = tf.nn.conv2d(value, self.weights[i], 1, "SAME") + self.weights[i + 1]
            value = tf.nn.relu(value) if i < 4 else value
        return pixels - value

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, "pixels")])
    def pixels(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """Images given as numbers."""
        cleaned = tf.clip_by_value(self.clean(tf.cast(pixels, self.dtype) / 255.0), 0.0, 1.0)
        return {"cleaned": tf.cast(tf.round(cleaned * 255.0), tf.uint8)}

    def one(self, image: tf.Tensor) -> tf.Tensor:
        """The bytes of a PNG, JPEG or BMP image -> the bytes of a PNG, cleaned."""
        pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
        pixels = tf.ensure_shape(pixels, [None, None, 3])
        size = tf.shape(pixels)
        tf.debugging.assert_less_equal(
            size[0] * size[1], MAX_PIXELS, f"an image of more than {MAX_PIXELS} pixels"
        )
        return tf.io.encode_png(self.pixels(pixels[tf.newaxis])["cleaned"][0])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")])
    def predict(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Images given as files; they need not be of one size."""
        return {"image_bytes": tf.map_fn(self.one, image_bytes, fn_output_signature=tf.string)}


def photographs() -> np.ndarray:
    """Scikit-learn's two photographs, from 0 to 1: [2, 426, 640, 3]."""
    files = [(PHOTOGRAPHS / f"{name}.jpg").read_bytes() for name in ("china", "flower")]
    return np.stack([tf.io.decode_jpeg(file).numpy()[:426] for file in files]) / np.float32(255)


def noisy(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The images with noise of deviation 25 upon each pixel, rounded as an image file would."""
    noise = rng.normal(0, 25, images.shape)
    return np.round(images * 255 + noise).clip(0, 255).astype(np.uint8)


def psnr(image: np.ndarray, wanted: np.ndarray) -> float:
    """Peak signal to noise in dB, of images from 0 to 255 and from 0 to 1."""
    return float(-10 * np.log10(np.mean((image / 255.0 - wanted) ** 2)))


def train() -> tuple[Denoiser, dict[str, float]]:
    """Learn to take noise off the left three quarters of both photographs.

    Returns:
        The model, and metric name -> value on the right quarters, which it never saw.
    """
    rng = np.random.default_rng(SEED)
    weights: list[np.ndarray] = []
    for size, inward, outward in ((5, 3, 24), (3, 24, 24), (3, 24, 3)):
        spread = (2 / (size * size * inward)) ** 0.5 * (0.1 if outward == 3 else 1)
        weights.append(rng.normal(0, spread, (size, size, inward, outward)).astype(np.float32))
        weights.append(np.zeros(outward, np.float32))
    model = Denoiser(weights, tf.float32)
    optimizer = tf.optimizers.Adam(tf.optimizers.schedules.CosineDecay(4e-3, ROUNDS))
    optimizer.build(model.weights)

    @tf.function
    def step(dirty: tf.Tensor, wanted: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model.clean(dirty) - wanted) ** 2)
        optimizer.apply(tape.gradient(loss, model.weights), model.weights)

    photos = photographs()
    for _ in range(ROUNDS):
        corners = zip(rng.integers(2, size=16), rng.integers(426 - 32, size=16), strict=True)
        lefts = rng.integers(480 - 32, size=16)
        crops = [
            photos[photo, top : top + 32, left : left + 32]
            for (photo, top), left in zip(corners, lefts, strict=True)
        ]
        wanted = np.stack(crops)
        step(tf.constant(noisy(wanted, rng) / np.float32(255)), tf.constant(wanted))
    final = Denoiser([part.numpy() for part in model.weights], tf.float64)
    wanted = photos[:, :, 480:]
    dirty = noisy(wanted, rng)
    return final, {
        "psnr_dB": psnr(final.pixels(dirty)["cleaned"].numpy(), wanted),
        "psnr_dB_of_the_noisy_image": psnr(dirty, wanted),
        "psnr_dB_of_a_3x3_median": psnr(median(dirty), wanted),
    }


def median(images: np.ndarray) -> np.ndarray:
    """The plain remedy: of every nine neighbouring pixels the middle one."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = images.shape[1:3]
    shifts = [padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return np.median(np.stack(shifts), axis=0)


def samples(model: Denoiser) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Sample name -> request and response, as bodies of TensorFlow Serving's REST API."""
    roof = photographs()[:1, 170:210, 520:568]
    dirty = noisy(roof, np.random.default_rng(SEED))[0]
    files = [tf.io.encode_png(dirty), tf.io.encode_jpeg(dirty, quality=95)]
    made = {}
    for name, file in zip(("a-png", "a-jpeg"), files, strict=True):
        cleaned = model.predict(file[tf.newaxis])["image_bytes"].numpy()[0]
        made[name] = ({"instances": [as_json(file.numpy())]}, {"predictions": [as_json(cleaned)]})
    corner = dirty[np.newaxis, :8, :8]
    cleaned = model.pixels(corner)["cleaned"].numpy()
    made["as-numbers"] = (
        {"signature_name": "pixels", "instances": corner.tolist()},
        {"predictions": cleaned.tolist()},
    )
    return made


def as_json(content: bytes) -> dict[str, str]:
    """Bytes as TensorFlow Serving's REST API writes them."""
    return {"b64": base64.b64encode(content).decode()}


def save(model: tf.Module, folder: Path) -> None:
    """Write the SavedModel."""
    signatures = {"serving_default": model.predict, "pixels": model.pixels}
    tf.saved_model.save(model, str(folder), signatures)


TRAINING = Training(
    Path(__file__).resolve().parent,
    __doc__,
    train,
    save,
    samples=samples,
)


if __name__ == "__main__":
    sys.exit(TRAINING.main())
