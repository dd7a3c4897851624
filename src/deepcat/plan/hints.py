"""What a plan would refuse of a module's topology, said before anybody deploys it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.plan import galaxy_roles
from deepcat.plan.data import without_mounts
from deepcat.plan.roles import declared
from deepcat.plan.takes import refusals
from deepcat.tosca.load import ARCHIVES
from deepcat.tosca.topology import Topology


def hints(tree: Tree, topology: Topology) -> Iterator[Finding]:
    """A hint for everything that nothing carries out, whatever a deployment's inputs are.

    Args:
        tree: the files, to find the places.
        topology: read by itself; what hangs on an input is not judged.
    """
    found = (
        *refusals(without_mounts(topology), declared()),
        *galaxy_roles.refusals(topology, None),
    )
    document = _document(tree, topology.path) if found else None
    for each in found:
        place = Place(topology.path)
        if document is not None:
            place = document.place(("topology_template", *each.where))
        yield Finding(place, each.code, each.message, each.hint, Severity.HINT)


def _document(tree: Tree, path: str) -> Document | None:
    """The template; None for one that lies in an archive."""
    return None if path.endswith(ARCHIVES) else read_bytes(tree.read(path), path)[0]
