"""The archive that a topology deploys lies in the module's folder.

Why:
    A deployment fetches it from there; it would fail once everything else is done.
Mend:
    Add the file, or correct its name. The path begins in the module's folder.
Bad:
    # tosca.yaml
    archive: ../model.tar.gz
Good:
    # tosca.yaml
    archive: model.tar.gz
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.paths import inside
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

_MODEL = "deepcat.nodes.Model"
_NODES = ("topology_template", "node_templates")


@unit_rule(__doc__, "model/deployed", UnitKind.MODULE)
def deployed(view: View) -> Iterator[Flaw]:
    """Every archive that stands in the topology by its name."""
    name = view.data.get("topology", "tosca.yaml")
    text = view.text(name) if isinstance(name, str) else None
    if text is None or _MODEL not in text:
        return
    document, _ = read_yaml(text, view.path(name))
    if document is None:
        return
    for pointer, source in _archives(document):
        if not inside(source):
            message, hint = f"{shown(source)} leaves the module's folder", "name a file in it"
        elif source not in view.files:
            message, hint = f"the module has no file {shown(source)}", "add it, or mend its name"
        else:
            continue
        yield Flaw(document.place(pointer), message, hint)


def _archives(document: Document) -> Iterator[tuple[tuple[str, ...], str]]:
    nodes = document.data
    for key in _NODES:
        nodes = nodes.get(key) if isinstance(nodes, dict) else None
    for name, node in nodes.items() if isinstance(nodes, dict) else ():
        if not isinstance(node, dict) or node.get("type") != _MODEL:
            continue
        properties = node.get("properties")
        source = properties.get("archive") if isinstance(properties, dict) else None
        if isinstance(source, str) and "://" not in source:
            yield (*_NODES, name, "properties", "archive"), source
