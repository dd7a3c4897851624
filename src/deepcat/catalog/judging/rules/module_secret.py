"""A module's template gives no secret away: not as a default, not as a value.

Why:
    The file is public, and so is the record of what was applied. A password in it is known to
    everyone, for ever; one that is a default is everybody's.
Mend:
    Let the input have no default, or name where the secret lies: `env:DEEPCAT_WORKLOAD_…` or
    `vault:PATH#KEY`. Withdraw the secret that stood there.
Bad:
    inputs:
      admin_password: {type: string, default: hunter2}
Good:
    inputs:
      admin_password: {type: string, default: "env:DEEPCAT_WORKLOAD_ADMIN_PASSWORD"}
"""

import re
from collections.abc import Iterator
from typing import Any

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.secret_names import is_reference, speaks_of_a_secret
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.profile import TOSCA, Pointer
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

HINT = "name where it lies, such as `env:DEEPCAT_WORKLOAD_…`, and withdraw the one that stood here"
_TEMPLATE = re.compile(
    r"^(?:tosca_definitions_version|topology_template|\w+_types) *:", re.MULTILINE
)
_NEAR = re.compile(r"pass|secret|token|key|credential|auth|\\", re.IGNORECASE)
_GIVEN = frozenset({"properties", "inputs", "attributes"})
# Where a definition says its value; the name is the definition's.
_VALUES = frozenset({"default", "value"})


@unit_rule(__doc__, "module/secret", UnitKind.MODULE)
def secret(view: View) -> Iterator[Flaw]:
    """Every value of an input, a property or an attribute, however deep, in every template."""
    for name in view.text_names():
        if not name.endswith((".yaml", ".yml")) or view.path(name) == view.unit.document:
            continue
        text = view.text(name)
        if text is None or not _NEAR.search(text) or not _TEMPLATE.search(text):
            continue
        document, _ = read_yaml(text, view.path(name), TOSCA)
        if document is None:
            continue
        for pointer, key in _secrets(document.data):
            message = f"{shown(key)} is a secret, and this file is public"
            yield Flaw(document.place(pointer), message, HINT)


def _secrets(data: Any) -> Iterator[tuple[Pointer, str]]:
    """Where they stand, and what is named so."""
    waiting: list[tuple[Pointer, bool, Any]] = [((), False, data)]
    while waiting:
        pointer, given, value = waiting.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                waiting.append(((*pointer, key), given or key in _GIVEN, item))
        elif isinstance(value, list):
            waiting.extend(((*pointer, index), given, item) for index, item in enumerate(value))
        elif given and isinstance(value, str) and value and not is_reference(value):
            name = _name(pointer)
            if speaks_of_a_secret(name):
                yield pointer, name


def _name(pointer: Pointer) -> str:
    words = [part for part in pointer if isinstance(part, str)]
    while len(words) > 1 and words[-1] in _VALUES:
        words.pop()
    return words[-1] if words else ""
