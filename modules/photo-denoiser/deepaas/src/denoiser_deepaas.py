"""Takes the grain off a photo, by the model server that `DEEPCAT_MODEL` names.

Before: a photo of any form that Pillow reads is turned upright, and made smaller where it is large.
After: it comes back beside what it was, with a line that says how much went.
"""

from __future__ import annotations

import base64
import io
import json
import os
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps, ImageStat
from webargs import fields, validate

MOST = 768
LABEL = 28
PREFIX, KEPT_S = "labelled-", 60
TYPES = ["application/json", "image/png"]
Image.MAX_IMAGE_PIXELS = 50_000_000


def get_metadata() -> dict[str, Any]:
    """What is told of the model."""
    return {
        "name": "photo-denoiser",
        "description": "Takes the grain off a photo of any form.",
        "author": "The deepcat founders",
        "version": "1.0.0",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, Any]:
    """What a prediction takes."""
    told = {"type": "file", "location": "form", "description": "A photo."}
    return {
        "photo": fields.Field(required=True, metadata=told),
        "accept": fields.Str(
            load_default=TYPES[0],
            metadata={"location": "headers"},
            validate=validate.OneOf(list(TYPES)),
        ),
    }


def predict(photo: Any, accept: str = TYPES[0], **_: Any) -> Any:
    """How much grain went, and the photo; or the photo before and after, with its label."""
    before = prepared(Path(photo.filename))
    after = _asked(before)
    grain = sum(ImageStat.Stat(ImageChops.difference(before, after)).mean) / 3
    if accept == "image/png":
        return _file(labelled(before, after, f"{grain:.1f} of 255 levels of grain"))
    return {"grain": round(grain, 2), "width": after.width, "height": after.height}


def prepared(path: Path) -> Image.Image:
    """The photo upright, in colour, and no larger than is asked at once."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    image.thumbnail((MOST, MOST))
    return image


def labelled(before: Image.Image, after: Image.Image, text: str) -> Image.Image:
    """Both side by side, with a line below."""
    sheet = Image.new("RGB", (before.width + after.width, before.height + LABEL))
    sheet.paste(before, (0, 0))
    sheet.paste(after, (before.width, 0))
    font = ImageFont.load_default(LABEL - 14)
    ImageDraw.Draw(sheet).text((6, before.height + 4), text, fill="white", font=font)
    return sheet


def _asked(image: Image.Image) -> Image.Image:
    """What the model server makes of a photo."""
    packed = io.BytesIO()
    image.save(packed, "PNG")
    given = {"b64": base64.b64encode(packed.getvalue()).decode()}
    body = json.dumps({"instances": [{"image_bytes": given}]}).encode()
    request = urllib.request.Request(f"{os.environ['DEEPCAT_MODEL']}:predict", body)
    with urllib.request.urlopen(request, timeout=110) as answer:
        (said,) = json.load(answer)["predictions"]
    content = base64.b64decode(said["b64"])
    return Image.open(io.BytesIO(content)).convert("RGB")


def _file(image: Image.Image) -> io.BufferedReader:
    """A file that DEEPaaS sends as it is; it opens it by its name, and leaves it there."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(".png", PREFIX)
    with os.fdopen(handle, "wb") as stream:
        image.save(stream, "PNG")
    return io.BufferedReader(Path(name).open("rb", buffering=0))
