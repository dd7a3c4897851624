"""The topology deploys the very model that the module names.

Why:
    The checksum in `tosca.yaml` is what a deployment proves the archive by. If it differs from the
    module's, the deployment fails, or serves another model than the page describes.
Mend:
    Write the checksum of `module.yaml` into the topology.
Bad:
    # tosca.yaml
    sha256: 0000000000000000000000000000000000000000000000000000000000000000
Good:
    # tosca.yaml
    sha256: de6799e74c53a2185d764586e2324513cce7c11ddaaad5cac117e7de94ceb75a
"""

import re
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.markdown import position
from deepcat.catalog.reading.units import UnitKind

_SHA256 = re.compile(r"\bsha256: *[\"']?([0-9a-fA-F]{64})\b")


@unit_rule(__doc__, "model/topology", UnitKind.MODULE, needs="model")
def topology(view: View) -> Iterator[Flaw]:
    """Every checksum that stands in the topology, when none of them is the module's."""
    due = view.data["model"].get("sha256")
    name = view.data.get("topology", "tosca.yaml")
    text = view.text(name) or ""
    if not due or due in text:
        return
    for found in _SHA256.finditer(text):
        place = view.file_place(name, *position(text, found.start()))
        message = "this is not the checksum of the module's model"
        yield Flaw(place, message, f"write `sha256: {due}`")
