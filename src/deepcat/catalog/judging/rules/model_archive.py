"""The model's archive can be opened, holds a SavedModel, and unpacks inside its folder.

Why:
    A broken archive fails at deployment; one with links, devices or `../` in it could write
    anywhere on the host.
Mend:
    Pack the folder that holds `saved_model.pb` anew: `tar -czf model.tar.gz -C folder .`
Bad:
    model.tar.gz with ../../etc/cron.d/x
Good:
    model.tar.gz with saved_model.pb, variables/…
"""

from collections.abc import Iterator

from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "model/archive", UnitKind.MODULE, needs="model")
def archive(view: View) -> Iterator[Flaw]:
    """Of an archive inside the folder."""
    name, found = view.data["model"].get("path", ""), contents(view)
    for fault in found.faults if found else ():
        hint = "pack the folder that holds `saved_model.pb` anew"
        yield Flaw(view.place("model", "path"), f"`{name}` will not do: {fault}", hint)
