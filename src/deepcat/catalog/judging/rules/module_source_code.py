"""A module names the repository of its code.

Why:
    Who wants to know what a model does, or to mend it, goes there. Only a module that was imported
    from a format without that field, such as a model card, may lack it: its `provenance` says so.
Mend:
    Add `source_code` to `links`.
Bad:
    title: Iris classifier
    links:
      documentation: https://example.org/docs
Good:
    title: Iris classifier
    links:
      source_code: https://example.org/code
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

# What has no field for it, as `provenance.format` says.
_WITHOUT = {"hugging-face", "bioimage.io", "mlflow"}


@unit_rule(__doc__, "module/source-code", UnitKind.MODULE, needs="links")
def source_code(view: View) -> Iterator[Flaw]:
    """Whether it stands among the links, or the module came from where there is none."""
    links, came = view.data["links"], view.data.get("provenance")
    if "source_code" in links or (came and came.get("format") in _WITHOUT):
        return
    document, _ = view.parsed
    if document and "source_code" in document.data["links"]:
        return  # the schema says what is wrong with it
    hint = "add `source_code` with the repository's address"
    yield Flaw(view.place("links"), "no repository of the code is named", hint)
