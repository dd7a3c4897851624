"""A module's folder holds `module.yaml`.

Why:
    Without it, the folder is no module, and nothing in it is shown.
Mend:
    Write it; `deepcat new module NAME` makes one that passes.
Bad:
    modules/iris/README.md
Good:
    modules/iris/README.md, modules/iris/module.yaml
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Place
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import MODULE_FILE, UnitKind


@unit_rule(__doc__, "module/document", UnitKind.MODULE)
def document(view: View) -> Iterator[Flaw]:
    """Whether there is one."""
    entry = view.files.get(MODULE_FILE)
    if entry is None or entry.is_link:
        hint = "write it, or begin anew with `deepcat new module NAME`"
        yield Flaw(Place(view.unit.path), f"the folder holds no `{MODULE_FILE}`", hint)
