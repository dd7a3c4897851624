"""A sample's `preprocessing` is of an input that is a picture.

Why:
    It says how a picture that a reader draws or chooses becomes the input. Where the input is none,
    nothing comes of it.
Mend:
    Take it away, or say in `data-type` that the module takes pictures, and in `model.signature`
    what their height and width are.
Bad:
    data-type: [Tabular]
    samples:
      - name: four numbers
        preprocessing: {crop: stroke}
Good:
    data-type: [Image]
    samples:
      - name: a seven
        preprocessing: {crop: stroke}
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.samples import signed
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_PICTURES = re.compile("image|video|picture", re.I)
_KEY = "preprocessing"


@unit_rule(__doc__, "sample/preprocessing", UnitKind.MODULE, needs="samples")
def preprocessing(view: View) -> Iterator[Flaw]:
    """Every sample that says how a picture becomes its input."""
    if not any(_KEY in sample for _, sample in view.each("samples")):
        return
    takes = any(_PICTURES.search(str(kind)) for kind in view.data.get("data-type") or ())
    for pointer, sample, found in signed(view):
        if _KEY not in sample:
            continue
        inputs = found["inputs"].values() if sample["method"] == "predict" else ()
        if not takes or not any(map(_is_picture, inputs)):
            message = "no input of this sample is a picture that could be drawn or resized"
            hint = f"take `{_KEY}` away, or correct `data-type` and the signature's shapes"
            yield Flaw(view.place(*pointer, _KEY), message, hint)


def _is_picture(tensor: Mapping[str, Any]) -> bool:
    """A square of grey values, or a picture in colours, as the website's form takes them."""
    shape = list(tensor.get("shape") or ())[1:]
    if tensor.get("dtype") in {"string", "bytes", "bool"}:
        return False
    is_grey = len(shape) == 2 or shape[2:] == [1]
    return (is_grey and shape[0] == shape[1] and shape[0] > 1) or shape[2:] in ([1], [3])
