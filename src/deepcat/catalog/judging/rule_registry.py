"""Every rule, found by importing each file under `rules/`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from deepcat.catalog.judging import rules
from deepcat.catalog.judging.rule import REGISTERED, Rule


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its code, sorted."""
    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return dict(sorted(REGISTERED.items()))


def rule_of(code: str) -> Rule:
    """The rule of a finding's code.

    What another room finds has a page for its family: `tosca/type` stands under `tosca/template`.

    Raises:
        KeyError: there is none.
    """
    known = all_rules()
    if code not in known and code.startswith("tosca/"):
        return known["tosca/template"]
    return known[code]
