"""What people say of a model beyond its signatures, and what its samples tell of its tensors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

# How files begin that people upload: media type -> the bytes at an offset.
_MAGIC: tuple[tuple[str, int, bytes], ...] = (
    ("image/png", 0, b"\x89PNG"), ("image/jpeg", 0, b"\xff\xd8\xff"), ("image/gif", 0, b"GIF8"),
    ("image/bmp", 0, b"BM"), ("image/tiff", 0, b"II*\0"), ("image/tiff", 0, b"MM\0*"),
    ("image/webp", 8, b"WEBP"), ("audio/wav", 8, b"WAVE"), ("audio/flac", 0, b"fLaC"),
    ("audio/ogg", 0, b"OggS"), ("audio/mpeg", 0, b"ID3"), ("video/mp4", 4, b"ftyp"),
)  # fmt: skip
_MEDIA = ("image", "audio", "video")
# TensorFlow Serving's own sign that a tensor of strings holds bytes.
_BYTES = "_bytes"
_LISTS = ("instances", "inputs", "outputs", "predictions")


@dataclass(frozen=True, slots=True)
class Sample:
    """A request with the answer that it gets.

    Attributes:
        name: of the sample.
        method: of TensorFlow Serving's REST interface, such as ``predict``.
        request: its body.
        response: the answer's body; None where there is none.
        tolerance: the largest absolute or relative difference allowed between two numbers.
    """

    name: str
    method: str
    request: Mapping[str, Any]
    response: Any = None
    tolerance: float = 1e-4


@dataclass(frozen=True, slots=True)
class Card:
    """What people say of a model.

    Attributes:
        title: a name for people; empty where there is none, like all that follows.
        description: what it does.
        version: of the module.
        license: by its SPDX id.
        author: names.
        url: of its source.
        inputs: alias -> description, of all signatures.
        outputs: the same.
        samples: requests with their answers.
    """

    title: str = ""
    description: str = ""
    version: str = ""
    license: str = ""
    author: str = ""
    url: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()


BLANK = Card()
Cards = Mapping[str, Card]


def card_of(data: Mapping[str, Any]) -> Card:
    """A card from plain data; raises TypeError, KeyError or AttributeError where it is none."""
    words = ("title", "description", "version", "license", "author", "url")
    return Card(
        **{word: str(data.get(word) or "") for word in words},
        inputs=_texts(data.get("inputs")),
        outputs=_texts(data.get("outputs")),
        samples=tuple(map(_sample, data.get("samples") or ())),
    )


def expected(card: Card | None) -> tuple[Sample, ...]:
    """The samples that say what is expected."""
    return tuple(each for each in card.samples if each.response is not None) if card else ()


def _sample(data: Mapping[str, Any]) -> Sample:
    told = str(data["name"]), str(data["method"]), data["request"], data.get("response")
    return Sample(
        *told, float(data.get("tolerance", Sample.__dataclass_fields__["tolerance"].default))
    )


def _texts(data: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in (data or {}).items()}


def media_type(content: bytes) -> str:
    """The media type of a file's content by how it begins; empty where that tells none."""
    for name, offset, magic in _MAGIC:
        if content.startswith(magic, offset):
            return name
    return ""


def request_media(card: Card, alias: str) -> frozenset[str] | None:
    """Media types of the bytes that samples give an input; None where they give it none."""
    return _media((sample.request for sample in card.samples), alias)


def response_media(card: Card, alias: str) -> frozenset[str] | None:
    """Media types of the bytes that samples have of an output; None where they have none."""
    return _media((sample.response for sample in card.samples), alias)


def is_file(name: str, dtype: str, card: Card, *, of_input: bool) -> bool:
    """Whether a tensor holds files, such as images: by its samples, its name, or what is told.

    Args:
        name: its alias.
        dtype: of its elements.
        card: of the model.
        of_input: whether it is an input, not an output.
    """
    if dtype != "string":
        return False
    media = request_media(card, name) if of_input else response_media(card, name)
    told = (card.inputs if of_input else card.outputs).get(name, "").lower()
    return media is not None or name.endswith(_BYTES) or any(each in told for each in _MEDIA)


def named_media(told: str, media: Iterable[str]) -> str:
    """A description in which images, audio and video are named as such, as clients look for."""
    for each in sorted({name.partition("/")[0] for name in media}):
        if each in _MEDIA and each not in told.lower():
            told = f"{told} ({each})".strip()
    return told


def _media(bodies: Iterable[Any], alias: str) -> frozenset[str] | None:
    found = [content for body in bodies for content in _bytes_of(body, alias, is_it=False)]
    return frozenset(filter(None, map(media_type, found))) if found else None


def _bytes_of(value: Any, alias: str, *, is_it: bool) -> Iterator[bytes]:
    """The contents of ``{"b64": …}`` below a member of that name."""
    if isinstance(value, Mapping):
        text = value.get("b64")
        if is_it and isinstance(text, str) and len(value) == 1:
            with suppress(binascii.Error):
                yield base64.b64decode(text)
            return
        for name, inner in value.items():
            # A body with one tensor does not name it.
            yield from _bytes_of(inner, alias, is_it=name in (alias, *_LISTS))
    elif isinstance(value, list):
        for inner in value:
            yield from _bytes_of(inner, alias, is_it=is_it)
