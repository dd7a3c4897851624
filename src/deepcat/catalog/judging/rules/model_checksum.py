"""The model's archive has the checksum that the module gives.

Why:
    The checksum proves that what is served is what was reviewed. It is tried again whenever the
    model is fetched, and a wrong one stops the deployment.
Mend:
    If the model was meant to change, write the new checksum and raise the module's version. If not,
    restore the file.
Bad:
    sha256: 0000000000000000000000000000000000000000000000000000000000000000
Good:
    sha256: de6799e74c53a2185d764586e2324513cce7c11ddaaad5cac117e7de94ceb75a
"""

import hashlib
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "model/checksum", UnitKind.MODULE, needs="model")
def checksum(view: View) -> Iterator[Flaw]:
    """Of an archive inside the folder."""
    model = view.data["model"]
    content = view.content(model.get("path", ""))
    if content is None or "sha256" not in model:
        return
    actual = hashlib.sha256(content).hexdigest()
    if actual != model["sha256"]:
        message = f"`{model['path']}` has another checksum"
        yield Flaw(view.place("model", "sha256"), message, f"write `sha256: {actual}`")
