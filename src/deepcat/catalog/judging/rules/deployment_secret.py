"""A deployment's file holds no secret in an input.

Why:
    The file is public, and so is the record of what was applied. A password in it is known to
    everyone, for ever.
Mend:
    Take the input away, and let a node of the module's topology name where the secret lies, under
    its `secrets`: `env:DEEPCAT_WORKLOAD_…` or `vault:PATH#KEY`. Withdraw the secret that stood
    there.
Bad:
    inputs:
      admin_password: hunter2
Good:
    inputs:
      admin_password: env:DEEPCAT_WORKLOAD_ADMIN_PASSWORD
"""

from collections.abc import Iterator
from typing import Any

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.secret_names import is_reference, speaks_of_a_secret
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

HINT = "name where it lies, such as `env:DEEPCAT_WORKLOAD_…`, and withdraw the one that stood here"


@unit_rule(__doc__, "deployment/secret", UnitKind.DEPLOYMENT, needs="inputs")
def secret(view: View) -> Iterator[Flaw]:
    """Every input, however deep its value is."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [(("inputs",), view.data["inputs"])]
    while pending:
        pointer, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(((*pointer, key), item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend(((*pointer, index), item) for index, item in enumerate(value))
        elif isinstance(value, str) and value and not is_reference(value):
            key = next((part for part in reversed(pointer) if isinstance(part, str)), "")
            if speaks_of_a_secret(key):
                message = f"`{key}` is a secret, and this file and its record are public"
                yield Flaw(view.place(*pointer), message, HINT)
