"""A key in `keys` of `deepcat.yaml` belongs to one person, by a handle.

Why:
    A signature proves a handle only where one person alone can make it.
Mend:
    Name the key once, under the handle of the person who holds it.
Bad:
    keys: {ada: [ssh-ed25519 AAAAC3Nz], grace: [ssh-ed25519 AAAAC3Nz]}
Good:
    keys: {ada: [ssh-ed25519 AAAAC3Nz]}
"""

import re
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")


@unit_rule(__doc__, "catalog/keys", UnitKind.CATALOG, needs="keys")
def keys(view: View) -> Iterator[Flaw]:
    """Every key of every handle."""
    owners: dict[str, str] = {}
    for handle, found in view.data["keys"].items():
        if not _HANDLE.fullmatch(str(handle)):
            message = f"{shown(handle)} is no handle"
            yield Flaw(view.place("keys", handle), message, "name one person, without an @")
        for index, text in enumerate(found):
            key = " ".join(text.split()[:2])
            owner = owners.setdefault(key, str(handle).lower())
            if owner != str(handle).lower():
                message = f"this key is {shown(owner)}'s, too"
                hint = "name it under one handle; it proves nobody's until then"
                yield Flaw(view.place("keys", handle, index), message, hint)
