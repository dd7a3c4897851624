"""The model can be asked: its graph is for serving, and requests carry its signatures' tensors.

Why:
    Neither JSON nor TensorFlow's protocol carries sparse or ragged tensors, resources and variants,
    and a server loads the graph with the tag `serve` alone.
Mend:
    Save the model by `model.export` of Keras or `tf.saved_model.save`, and give the signature dense
    tensors of numbers, texts or bool.
Bad:
    # in the model
    tf.TensorSpec([], tf.variant)
Good:
    # in the model
    tf.TensorSpec([None, 4], tf.float32)
"""

from collections.abc import Iterator

from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.savedmodel import tags
from deepcat.catalog.reading.served import form, unasked
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import listed, shown

_HINT = "give the signature dense tensors of numbers, texts or bool"
_SAVED = "save the model for serving, with `export` of Keras or `tf.saved_model.save`"


@unit_rule(__doc__, "model/served", UnitKind.MODULE, needs="model")
def served(view: View) -> Iterator[Flaw]:
    """The signatures that the module names; all that the model has where it names none."""
    found = contents(view)
    if found is None or not form(found):
        return
    try:
        refused = unasked(found)
        purposes = {"serve"} if found.saved_model is None else tags(found.saved_model)
    except ValueError:
        # Told by model/operation and model/signature-differs.
        return
    if "serve" not in purposes:
        there = listed(sorted(purposes)) if purposes else "none"
        message = f"no graph of the model bears the tag `serve`; there are {there}"
        yield Flaw(view.place("model", "path"), message, _SAVED)
    given = view.data["model"].get("signature") or {}
    for name in given or refused:
        if why := refused.get(name):
            place = view.place("model", "signature", name) if given else view.place("model", "path")
            yield Flaw(place, f"the signature {shown(name)} cannot be asked: {why}", _HINT)
