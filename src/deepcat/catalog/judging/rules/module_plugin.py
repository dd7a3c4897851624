"""The module's plug-in of DEEPaaS is a package that a host can make ready from its files alone.

Why:
    None of an author's code runs to find out what the plug-in is, and every package that it needs
    is held against a checksum; what is not written down like that cannot be deployed.
Mend:
    Give `deepaas/pyproject.toml` one entry point of the group `deepaas.v2.model`, and pin all that
    it needs, DEEPaaS itself included, in `deepaas/requirements.lock` with `uv pip compile
    --generate-hashes`.
Bad:
    # deepaas/requirements.lock
    deepaas>=2.6
Good:
    # deepaas/requirements.lock
    deepaas==2.6.0 --hash=sha256:…
"""

from collections.abc import Iterator
from pathlib import Path

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.host.deepaas import package
from deepcat.host.failure import StepError


@unit_rule(__doc__, "module/plugin", UnitKind.MODULE)
def plugin(view: View) -> Iterator[Flaw]:
    """A package that its topology deploys, or that lies there."""
    is_there = any(name.startswith(f"{package.FOLDER}/") for name in view.files)
    topology = view.data.get("topology", "tosca.yaml")
    if not is_there and package.GATEWAY not in (view.text(str(topology)) or ""):
        return
    file = package.PROJECT

    def text(name: str) -> str:
        nonlocal file
        file = name
        content = view.content(f"{package.FOLDER}/{name}")
        if content is None:
            raise package.lacks(name)
        return content.decode("utf-8", "replace")

    try:
        # Of several any does here; which one is run, the topology names.
        names = package.names(text(package.PROJECT))
        package.read(text, Path(package.FOLDER), names[0] if len(names) > 1 else "")
    except StepError as error:
        path = f"{package.FOLDER}/{file}"
        place = view.file_place(path) if path in view.files else view.place("topology")
        yield Flaw(place, error.message, error.hint)
