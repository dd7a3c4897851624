"""The model that a module brings in its folder."""

from __future__ import annotations

from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.archive import Contents, read


def contents(view: View) -> Contents | None:
    """What its archive holds, read once; None when there is none in the folder."""
    name = view.data.get("model", {}).get("path", "")
    content = view.content(name)
    if content is None:
        return None
    found: Contents = view.keep("archive", lambda: read(name, content))
    return found
