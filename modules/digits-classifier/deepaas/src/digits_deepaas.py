"""Reads the digit on a photo, by the model server that `DEEPCAT_MODEL` names.

Before: the photo is cut to its ink and brought to 8 by 8 grey values. After: the likeliest digit
with its probability, as JSON or written upon the photo.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps
from webargs import fields, validate

SIDE, INK = 8, 16
LABEL = 28
PREFIX, KEPT_S = "labelled-", 60
TYPES = ["application/json", "image/png"]
Image.MAX_IMAGE_PIXELS = 50_000_000


def get_metadata() -> dict[str, Any]:
    """What is told of the model."""
    return {
        "name": "digits-classifier",
        "description": "Reads the handwritten digit on a photo.",
        "author": "The deepcat founders",
        "version": "1.0.0",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, Any]:
    """What a prediction takes."""
    told = {"type": "file", "location": "form", "description": "A photo of one digit."}
    return {
        "photo": fields.Field(required=True, metadata=told),
        "accept": fields.Str(
            load_default=TYPES[0],
            metadata={"location": "headers"},
            validate=validate.OneOf(list(TYPES)),
        ),
    }


def predict(photo: Any, accept: str = TYPES[0], **_: Any) -> Any:
    """The digit on a photo, or the photo with its label."""
    with Image.open(photo.filename) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    found = _asked(values(image))
    if accept == "image/png":
        text = f"{found['digit']} ({found['probability']:.0%})"
        return _file(labelled(image, text))
    return found


def values(image: Image.Image) -> list[list[float]]:
    """8 by 8 grey values from 0 (paper) to 16 (ink)."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(image))
    edge = [grey.getpixel((x, y)) for x in (0, grey.width - 1) for y in (0, grey.height - 1)]
    if sum(edge) > 2 * 255:  # dark ink on light paper
        grey = ImageOps.invert(grey)
    box = grey.point(lambda value: 255 if value > 96 else 0).getbbox() or (0, 0, *grey.size)
    ink = grey.crop(box)
    side = max(ink.size)
    square = Image.new("L", (side, side))
    square.paste(ink, ((side - ink.width) // 2, (side - ink.height) // 2))
    small = square.resize((SIDE, SIDE), Image.Resampling.BOX)
    row = [round(value * INK / 255) for value in small.tobytes()]
    return [[float(value) for value in row[at : at + SIDE]] for at in range(0, SIDE * SIDE, SIDE)]


def labelled(image: Image.Image, text: str) -> Image.Image:
    """The photo with a line below it."""
    wider = ImageOps.expand(image, (0, 0, 0, LABEL), fill="black")
    font = ImageFont.load_default(LABEL - 10)
    ImageDraw.Draw(wider).text((6, image.height + 2), text, fill="white", font=font)
    return wider


def _asked(grey: list[list[float]]) -> dict[str, Any]:
    """What the model server says of one image."""
    body = json.dumps({"instances": [grey]}).encode()
    request = urllib.request.Request(f"{os.environ['DEEPCAT_MODEL']}:predict", body)
    with urllib.request.urlopen(request, timeout=60) as answer:
        (said,) = json.load(answer)["predictions"]
    scores = [round(score, 4) for score in said["probabilities"]]
    return {
        "digit": said["digit"],
        "probability": scores[said["digit"]],
        "probabilities": {str(digit): score for digit, score in enumerate(scores)},
    }


def _file(image: Image.Image) -> io.BufferedReader:
    """A file that DEEPaaS sends as it is; it opens it by its name, and leaves it there."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(".png", PREFIX)
    with os.fdopen(handle, "wb") as stream:
        image.save(stream, "PNG")
    return io.BufferedReader(Path(name).open("rb", buffering=0))
