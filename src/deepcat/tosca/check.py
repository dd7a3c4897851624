"""A template judged as `deepcat check` wants it: our findings, then tosca-parser's. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from deepcat.catalog.findings import Finding, Place, Severity, has_errors
from deepcat.catalog.reading.tree import Tree
from deepcat.extras import needed
from deepcat.tosca.load import Reading, read_template
from deepcat.tosca.reading.report import shown
from deepcat.tosca.topology import Topology

Judge = Callable[[Topology], Iterable[Finding]]


def check_template(
    tree: Tree, path: str, inputs: Mapping[str, Any] | None, judge: Judge = lambda _: ()
) -> tuple[Finding, ...]:
    """Everything that is wrong with a template.

    Args:
        tree: the files.
        path: the template's, POSIX, relative to the tree's root.
        inputs: a deployment's; None when the template is judged by itself. Only then tosca-parser
            is asked, and only where the template has no error of its own and brings types: of
            templates that use the libraries' alone, tests ask it.
        judge: what else there is to say of a template that is judged by itself.
    """
    reading = read_template(tree, path, inputs)
    if inputs is not None or reading.topology is None:
        return reading.findings
    more = () if has_errors(reading.findings) else judge(reading.topology)
    return tuple(sorted((*reading.findings, *_second(reading, path), *more)))


def _second(reading: Reading, path: str) -> list[Finding]:
    if reading.topology is None or reading.types is None or not reading.types.uses_own:
        return []
    with needed():
        from deepcat.tosca.tosca_parser import validate

    judged = validate(reading.topology, reading.types)
    hint = "other TOSCA tools may refuse this template: mend it, or report it to deepcat"
    found = [
        Finding(Place(path), "tosca/parser", f"tosca-parser objects: {shown(text, 300)}", hint)
        for text in judged.objections
    ]
    if judged.stumbled:
        message = f"tosca-parser stumbles over it: {shown(judged.stumbled, 300)}"
        found.append(Finding(Place(path), "tosca/parser", message, hint, Severity.HINT))
    return found
