"""The model's archive can be opened, holds what `format` says, and unpacks inside its folder.

Why:
    A broken archive fails at deployment; one with links, devices or `../` in it could write
    anywhere on the host.
Mend:
    Pack the folder that holds `saved_model.pb`, or `model.tflite`, anew:
    `tar -czf model.tar.gz -C folder .` Of what Git LFS keeps, the catalog has a pointer alone:
    commit the file itself, or name its address. A SavedModel has the format
    `tensorflow-savedmodel`, a `model.tflite` without one `tensorflow-lite`.
Bad:
    model.tar.gz with ../../etc/cron.d/x
Good:
    model.tar.gz with saved_model.pb, variables/…
"""

from collections.abc import Iterator

from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.archive import ELSEWHERE, WITHOUT
from deepcat.catalog.reading.served import FORMATS, form
from deepcat.catalog.reading.units import UnitKind

_PACKED = "pack the folder that holds `saved_model.pb`, or `model.tflite`, anew"
_STORED = "commit the file itself, or name its https address and checksum"
_NAMED = "name the file that is served `model.tflite`"


@unit_rule(__doc__, "model/archive", UnitKind.MODULE, needs="model")
def archive(view: View) -> Iterator[Flaw]:
    """Of an archive inside the folder."""
    model, found = view.data["model"], contents(view)
    if found is None:
        return
    name, given, due = model.get("path", ""), model.get("format"), form(found)
    if due and not found.faults and given in FORMATS and given != due:
        message = f"`{name}` holds what is `{due}`, not `{given}`"
        yield Flaw(view.place("model", "format"), message, f"write `format: {due}`")
    for fault in found.faults:
        hint = _STORED if fault == ELSEWHERE else _NAMED if fault.endswith(WITHOUT) else _PACKED
        yield Flaw(view.place("model", "path"), f"`{name}` will not do: {fault}", hint)
