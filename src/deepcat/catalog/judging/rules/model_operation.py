"""A model holds no operation that reaches a file, the network, another process or Python.

Why:
    A model is a program: whoever serves it runs its operations with a server's rights. One that
    writes a file can write any that the server can. An operation that nobody has looked at counts
    as such a one.
Mend:
    Save the model without the operation: do in the client what it did, or give what it read as an
    input or a constant. Where the model cannot do without it, the catalog's owners may name it for
    this module under `allowed_operations` in `deepcat.yaml`.
Bad:
    # in the model
    tf.io.write_file("/tmp/seen", x)
Good:
    # in the model
    tf.identity(x)
"""

from collections.abc import Iterator, Mapping

from deepcat.catalog.findings import Place
from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.operations import dangers, of_keras, of_lite
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.archive import FORMS
from deepcat.catalog.reading.graph import operations
from deepcat.catalog.reading.keras import made
from deepcat.catalog.reading.tflite import custom_operations
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

HINT = "save the model without it, or let the catalog's owners allow it for this module"


@unit_rule(__doc__, "model/operation", UnitKind.MODULE)
def operation(view: View) -> Iterator[Flaw]:
    """Every kind of operation once for each model, where it stands first."""
    found = contents(view)
    if found is not None:
        archive = view.data["model"].get("path", "")
        if found.saved_model is not None:
            yield from _judged(view, archive, "saved_model.pb", found.saved_model, archive)
        for name, content in found.others.items():
            yield from _judged(view, f"{archive}: {name}", name, content, archive)
    for name in view.files:
        if name.lower().endswith(FORMS):
            yield from _judged(view, name, name, view.content(name), "")


def _judged(
    view: View, where: str, name: str, content: bytes | None, archive: str
) -> Iterator[Flaw]:
    """The flaws of one model, by its form."""
    try:
        for what, why in _dangers(name, content, _allowed(view)):
            yield Flaw(_place(view, name, archive), f"{what} in {shown(where)} {why}", HINT)
    except ValueError as error:
        message = f"the model in {shown(where)} cannot be read: {error}"
        yield Flaw(_place(view, name, archive), message, "save and pack the model anew")


def _place(view: View, name: str, archive: str) -> Place:
    return view.place("model", "path") if archive else view.file_place(name)


def _dangers(
    name: str, content: bytes | None, allowed: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if content is None:
        raise ValueError("it is no plain file, or above the limit")
    lower = name.lower()
    if not lower.endswith(FORMS):
        for each, why in dangers(operations(content), allowed):
            yield f"the operation {shown(each.name)}", f"{why}; it is {each.place}"
    elif lower.endswith(".tflite"):
        for named, why in of_lite(custom_operations(content), allowed):
            yield f"the operation {shown(named)}", why
    else:
        for named, why in of_keras(made(name, content), allowed):
            yield f"the layer or function {shown(named)}", why


def _allowed(view: View) -> tuple[str, ...]:
    """What the catalog's own settings allow; the settings are nobody's but the owners'."""
    every = view.settings.get("allowed_operations")
    mine = every.get(view.unit.name) if isinstance(every, Mapping) else None
    return tuple(name for name in mine if isinstance(name, str)) if isinstance(mine, list) else ()
