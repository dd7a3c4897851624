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

from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.operations import dangers
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.graph import operations
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "model/operation", UnitKind.MODULE, needs="model")
def operation(view: View) -> Iterator[Flaw]:
    """Every kind of operation once, where it stands first."""
    found = contents(view)
    if found is None or found.saved_model is None:
        return
    name = view.data["model"].get("path", "")
    try:
        for each, why in dangers(operations(found.saved_model), _allowed(view)):
            message = f"the operation {shown(each.name)} in {shown(name)} {why}; it is {each.place}"
            hint = "save the model without it, or let the catalog's owners allow it for this module"
            yield Flaw(view.place("model", "path"), message, hint)
    except ValueError as error:
        message = f"the graph in {shown(name)} cannot be read: {error}"
        yield Flaw(view.place("model", "path"), message, "save and pack the model anew")


def _allowed(view: View) -> tuple[str, ...]:
    """What the catalog's own settings allow; the settings are nobody's but the owners'."""
    every = view.settings.get("allowed_operations")
    mine = every.get(view.unit.name) if isinstance(every, Mapping) else None
    return tuple(name for name in mine if isinstance(name, str)) if isinstance(mine, list) else ()
