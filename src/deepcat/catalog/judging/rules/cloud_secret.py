"""A cloud's file holds references to secrets, never a secret.

Why:
    The file is public. A password in it is known to everyone, for ever. What only names an object
    of the cloud that keeps one, as its kind says, is none.
Mend:
    Move the value out of Git, and name it under `credentials`: `env:NAME`, `file:PATH` or
    `vault:PATH`. Withdraw the secret that stood there.
Bad:
    openstack:
      password: hunter2
Good:
    credentials:
      password: env:OS_PASSWORD
"""

from collections.abc import Iterator
from typing import Any

from deepcat.catalog.cloud_kinds import installed
from deepcat.catalog.judging.cloud_schema import names_a_secret
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.secret_names import is_reference, speaks_of_a_secret
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "cloud/secret", UnitKind.CLOUD)
def secret(view: View) -> Iterator[Flaw]:
    """Every value whose key speaks of a secret."""
    document = view.parsed[0]
    data = document.data if document else None
    kind = str(data.get("kind") or "") if isinstance(data, dict) else ""
    for pointer in _secrets(data):
        if pointer[0] == kind and names_a_secret(installed(kind), pointer[1:]):
            continue
        message = f"`{pointer[-1]}` is a secret, and this file is public"
        hint = "name it under `credentials` as `env:NAME`, and withdraw the one that stood here"
        yield Flaw(view.place(*pointer), message, hint)


def _secrets(data: Any) -> Iterator[Pointer]:
    pending: list[tuple[Pointer, Any]] = [((), data)]
    while pending:
        pointer, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(((*pointer, key), item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend(((*pointer, index), item) for index, item in enumerate(value))
        elif isinstance(value, str) and value and not is_reference(value):
            key = next((part for part in reversed(pointer) if isinstance(part, str)), "")
            if speaks_of_a_secret(key) or "credentials" in pointer:
                yield pointer
