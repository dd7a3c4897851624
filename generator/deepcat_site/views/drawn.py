"""Samples and their answers as a reader knows them: a picture, a curve, a row, a sentence. Pure.

What is drawn is the value that the module stores, never one that was asked for; text of the module
is escaped, and no value makes a drawing larger than its room.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from deepcat.catalog.values import Module, Sample
from deepcat_site.html import figures, formats
from deepcat_site.views.items import Item, Values, is_scalar, items, signature
from deepcat_site.views.read import line, mapping, number, texts


class Room(NamedTuple):
    """How much a drawing may show.

    Attributes:
        pixels: of a picture's longer side.
        file: characters in base64 of a picture file that is shown as it is.
        rows: named values.
        text: characters of a sentence.
        classes: labels with their shares.
    """

    pixels: int
    file: int
    rows: int
    text: int
    classes: int


CARD = Room(pixels=20, file=1_500, rows=4, text=120, classes=3)
PAGE = Room(pixels=96, file=24_000, rows=40, text=600, classes=5)

_MAGIC = {
    "iVBOR": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "Qk": "image/bmp",
}
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SCORES = re.compile(r"prob|score|softmax|confidence|likelihood", re.I)
_LOW = re.compile(r"(?:.*_)?(?:low|lower|lo|min|p0?[1-9]|q0?[1-9]|p10|q10)(?:_.*)?", re.I)
_HIGH = re.compile(r"(?:.*_)?(?:high|upper|hi|max|p9\d|q9\d)(?:_.*)?", re.I)
_RANGE = re.compile(r"(-?\d+) (?:to|–|-) (-?\d+)")
_TO = re.compile(r"\bto (\d+(?:\.\d+)?)")
# So many classes are shown whatever their shares; more of them where they have one.
_FEW = 3
# A list of so many numbers is a curve; a shorter one is read number by number.
_CURVE = 12


def drawn(module: Module, sample: Sample, room: Room = CARD) -> Markup:
    """The first thing that a sample asks about; empty where it asks nothing that can be drawn."""
    found = items(module, sample)
    return draw_input(module, sample, found[0], room) if found else Markup()


def drawn_answer(module: Module, sample: Sample, room: Room = CARD) -> Markup:
    """What the sample stores as the answer to it; empty where it stores none."""
    found = items(module, sample)
    return draw_output(module, sample, found[0], room) if found else Markup()


def drawn_pairs(module: Module, sample: Sample, most: int = 3) -> tuple[tuple[Markup, Markup], ...]:
    """The first things that a sample asks about, each with its answer, as a page shows them."""
    return tuple(
        (draw_input(module, sample, item, PAGE), draw_output(module, sample, item, PAGE))
        for item in items(module, sample)[:most]
    )


def draw_input(module: Module, sample: Sample, item: Item, room: Room) -> Markup:
    """One thing that a sample asks about."""
    specs = mapping(signature(module, sample).get("inputs"))
    is_table = any("tab" in kind.lower() for kind in texts(module.data.get("data-type")))
    return _all(item.inputs, specs, line(sample.name, 60), room, is_table=is_table)


def draw_output(module: Module, sample: Sample, item: Item, room: Room) -> Markup:
    """What is answered of it: a label with its shares, a number with its range, a curve …"""
    specs = mapping(signature(module, sample).get("outputs"))
    left = dict(item.outputs)
    shares = _shares(left, specs)
    about = line(sample.name, 60)
    parts = []
    label = next((name for name, value in left.items() if is_scalar(value)), "")
    if shares and label and sum(map(is_scalar, left.values())) == 1:
        parts.append(_headline(left.pop(label)))
    if ranged := _ranged(left):
        low, middle, high = (left.pop(name) for name in ranged)
        parts.append(_number_in_range(low, middle, high))
    elif banded := _banded(left):
        low, middle, high = (left.pop(name) for name in banded)
        parts.append(figures.curve(middle, _words_of(about, middle), (low, high)))
    elif len(left) == 1 and is_scalar(next(iter(left.values()))):
        parts.append(_headline(left.popitem()[1]))
    parts.append(_all(left, specs, about, room))
    if shares:
        parts.append(_bars(shares, room))
    return Markup("").join(parts)


def _all(
    values: Values, specs: Mapping[str, Any], about: str, room: Room, *, is_table: bool = False
) -> Markup:
    """Values by name: those that are one word or number as rows, each other as what it is."""
    plain = {name: value for name, value in values.items() if is_scalar(value)}
    parts = []
    if len(values) == 1 and plain:
        parts.append(_alone(next(iter(plain.values())), room))
    elif plain:
        parts.append(_rows([(name, _word(value)) for name, value in plain.items()], room))
    for name, value in [*values.items()][: room.rows]:
        if name not in plain:
            parts.append(_one(value, mapping(specs.get(name)), about, room, is_table=is_table))
    return Markup("").join(parts)


def _one(value: Any, spec: Mapping[str, Any], about: str, room: Room, *, is_table: bool) -> Markup:
    """A value that is more than one word or number."""
    if isinstance(value, Mapping):
        return _file(value.get("b64"), about, room)
    if line_of := _numbers(value):
        if len(line_of) >= _CURVE and not is_table:
            return figures.curve(line_of, _words_of(about, line_of))
        return _rows([("", _number(each)) for each in line_of], room)
    if pixels := _pixels(value):
        alt = f"{about}, {len(pixels[0])} × {len(pixels)}"
        return figures.picture(pixels, _span(pixels, spec), alt, room.pixels)
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return _rows([("", line(each, room.text)) for each in value], room)
    sizes = " × ".join(map(str, _sizes(value)))
    return Markup('<span class="drawn-else">{}</span>').format(sizes)


def _alone(value: Any, room: Room) -> Markup:
    if isinstance(value, str):
        return Markup('<q class="drawn-text" dir="auto">{}</q>').format(line(value, room.text))
    return Markup('<span class="drawn-number">{}</span>').format(_word(value))


def _headline(value: Any) -> Markup:
    return Markup('<strong class="drawn-label" dir="auto">{}</strong>').format(_word(value))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return line(value, 160)
    known = number(value)
    return "–" if known is None else _number(known)


def _number(value: float) -> str:
    """A number with five digits that count, as the browser's `number` gives it."""
    size = abs(value)
    if value == int(value) or size >= 1e6 or size < 1e-4:
        return formats.number(value)
    return f"{value:.5g}"


def _rows(rows: Sequence[tuple[str, str]], room: Room) -> Markup:
    """Named values as a list of names and values; those without names as values alone."""
    more = len(rows) - room.rows
    shown = rows[: room.rows]
    if any(name for name, _ in shown):
        one = Markup('<div><dt>{}</dt><dd dir="auto">{}</dd></div>')
        body = Markup("").join(one.format(line(name, 40), value) for name, value in shown)
        rest = Markup("<div><dt>…</dt><dd>+{}</dd></div>").format(more) if more > 0 else ""
        return Markup('<dl class="drawn-row">{}{}</dl>').format(body, rest)
    body = Markup("").join(Markup("<li>{}</li>").format(value) for _, value in shown)
    rest = Markup("<li>+{}</li>").format(more) if more > 0 else ""
    return Markup('<ul class="drawn-row">{}{}</ul>').format(body, rest)


def _file(data: Any, about: str, room: Room) -> Markup:
    """A file in base64: shown where it is a picture that has room, else its kind and size."""
    text = data if isinstance(data, str) else ""
    kind = next((kind for magic, kind in _MAGIC.items() if text.startswith(magic)), "")
    if kind and len(text) <= room.file and _BASE64.fullmatch(text):
        return figures.embedded(text, kind, about)
    word = kind.removeprefix("image/").upper()
    size = formats.file_size(len(text) * 3 // 4)
    return Markup('<span class="drawn-else">{}</span>').format(f"{word} {size}".strip())


def _numbers(value: Any) -> list[float]:
    """The numbers of a list that holds nothing else, of one dimension or of columns one wide."""
    if not isinstance(value, list) or len(value) < 2:
        return []
    flat = [each[0] if isinstance(each, list) and len(each) == 1 else each for each in value]
    found = [known for each in flat if (known := number(each)) is not None]
    return found if len(found) == len(value) and all(map(math.isfinite, found)) else []


def _pixels(value: Any) -> list[list[list[float]]]:
    """Rows of pixels; empty where a value is no picture."""
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], list):
        return []
    wide = len(value[0])
    if wide < 3 or not all(isinstance(row, list) and len(row) == wide for row in value):
        return []
    channels = len(value[0][0]) if isinstance(value[0][0], list) else 0
    if channels not in (0, 1, 3, 4):
        return []
    rows = [[each if channels else [each] for each in row] for row in value]
    flat = (
        isinstance(pixel, list)
        and len(pixel) == max(1, channels)
        and all(number(each) is not None for each in pixel)
        for row in rows
        for pixel in row
    )
    return rows if all(flat) else []


def _span(rows: figures.Rows, spec: Mapping[str, Any]) -> figures.Span:
    """The values of black and of white, as the tensor's description says or the values show.

    What is high is light, as on the pad of the form that asks the model.
    """
    every = [value for row in rows for pixel in row for value in pixel]
    about = line(spec.get("description"), 300)
    said = _TO.search(about)
    top = max(every)
    if spec.get("dtype") == "uint8" or top >= 128:
        top = 255
    elif said and float(said[1]) >= top:
        top = float(said[1])
    elif top <= 1:
        top = 1
    low = min(0, *every)
    return low, top


def _sizes(value: Any) -> list[int]:
    found: list[int] = []
    while isinstance(value, list) and len(found) < 6:
        found.append(len(value))
        value = value[0] if value else None
    return found


def _words_of(about: str, values: Sequence[float]) -> str:
    return f"{about}: {_number(min(values))} – {_number(max(values))} ({len(values)})"


def _ranged(values: Values) -> tuple[str, str, str] | None:
    """The names of the lower bound, the number and the upper bound, among plain numbers."""
    return _bounded([name for name, each in values.items() if number(each) is not None])


def _banded(values: Values) -> tuple[str, str, str] | None:
    """The same among lists of numbers of one length."""
    names = [name for name, each in values.items() if len(_numbers(each)) >= _CURVE]
    found = _bounded(names)
    return found if found and len({len(values[name]) for name in found}) == 1 else None


def _bounded(names: Sequence[str]) -> tuple[str, str, str] | None:
    low = [name for name in names if _LOW.fullmatch(name)]
    high = [name for name in names if _HIGH.fullmatch(name) and name not in low]
    middle = [name for name in names if name not in (*low, *high)]
    return (low[0], middle[0], high[0]) if len(low) == len(high) == len(middle) == 1 else None


def _number_in_range(low: float, value: float, high: float) -> Markup:
    words = f"{_number(low)} – {_number(high)}"
    return Markup('{}{}<span class="drawn-between">{}</span>').format(
        _headline(value), figures.range_bar(low, value, high), words
    )


def _shares(left: dict[str, Any], specs: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The classes with their shares, the likeliest first; taken out of `left`."""
    for name, value in left.items():
        if name == "classes" and isinstance(value, list) and all(_is_pair(each) for each in value):
            del left[name]
            rows = [(line(label, 60) or str(at), float(s)) for at, (label, s) in enumerate(value)]
            return sorted(rows, key=lambda row: -row[1])
        found = _numbers(value)
        is_whole = abs(sum(found) - 1) < 0.02
        if found and all(0 <= each <= 1 for each in found) and (_SCORES.search(name) or is_whole):
            del left[name]
            names = labels(line(mapping(specs.get(name)).get("description"), 2000), len(found))
            return sorted(zip(names, found, strict=True), key=lambda row: -row[1])
    return []


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and number(value[1]) is not None


def labels(description: str, count: int) -> list[str]:
    """Names of classes as a tensor's description lists them, else their numbers.

    The browser's `labels` gives the same.
    """
    if span := _RANGE.search(description):
        first, last = int(span[1]), int(span[2])
        if last - first + 1 == count:
            return [str(first + at) for at in range(count)]
    text = re.sub(r"^(of|for|as)\s+", "", description, flags=re.I).removesuffix(".")
    names = [each.strip() for each in re.split(r",\s*(?:and\s+)?|\s+and\s+", text)]
    return names if len(names) == count else [str(at) for at in range(count)]


def share_words(value: float) -> str:
    """A share as people write it; what lies outside 0 to 1 as a number."""
    if not 0 <= value <= 1:
        return _number(value)
    return "< 0.1 %" if 0 < value < 0.001 else f"{value * 100:.1f} %"


def _bars(rows: Sequence[tuple[str, float]], room: Room) -> Markup:
    one = Markup('<li><span dir="auto">{}</span>{}<span class="num">{}</span></li>')
    body = Markup("").join(
        one.format(
            line(label, 40),
            figures.share_bar(share) if 0 <= share <= 1 else "",
            share_words(share),
        )
        for at, (label, share) in enumerate(rows[: room.classes])
        if at < _FEW or share >= 0.0005
    )
    return Markup('<ol class="drawn-bars">{}</ol>').format(body)
