"""EDGE of the room: what was understood of a template, validated by tosca-parser too.

The front end decides; then the normal form is written as a template of its own (`template`) and
tosca-parser validates that. Where it objects, either of the two is wrong, and a finding says so.
Its traps cannot spring: the template it gets names no file and no address, holds no duplicate key
and no cycle, was bounded before, and goes through one lock, for the parser keeps its errors in a
class.

Two things that it says are left out, for the front end has judged them: the number of a node's
requirements, of which it knows no bounds but one to one (`evaluating.links`), and a disk of no size
(`no-disk` of `evaluating.typed_values`).

Its import takes a quarter of a second, and each template some milliseconds. So `deepcat check` asks
for it once for each shape of template that brings types of its own, and `plan` does not. What it
has ever caught that the front end had not is kept in `tests/tosca/forms/caught.yaml` and
`shapes.yaml`; a test asks it of mutations of templates that are right.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass
from typing import Any, Final

from deepcat.tosca.reading.registry import Types
from deepcat.tosca.topology import Topology
from deepcat.tosca.writing.shape import shape_of
from deepcat.tosca.writing.template import as_template

_LOCK: Final = threading.Lock()
# Shapes that it objected nothing to: what differs within one is values, which it need not judge.
_RIGHT: Final[set[str]] = set()
MAX_SHAPES: Final = 10_000
_JUDGED: Final = re.compile(
    r"Relationship .* has a wrong number of occurrences"
    r'|The value "0 \w+" of property "size" must be greater than or equal to "1 MB"'
)


@dataclass(frozen=True, slots=True)
class Validation:
    """What tosca-parser says of a topology, in its own words.

    Attributes:
        objections: what it holds for wrong.
        stumbled: what it could not cope with; says more of the parser than of the template.
    """

    objections: tuple[str, ...] = ()
    stumbled: str = ""


def validate(topology: Topology, types: Types) -> Validation:
    """Have tosca-parser validate what was understood of a template."""
    template = as_template(topology, types)
    shape = shape_of(template)
    with _LOCK:
        if shape in _RIGHT:
            return Validation()
        found = _validated(template)
        if found == Validation() and len(_RIGHT) < MAX_SHAPES:
            _RIGHT.add(shape)
        return found


def _validated(template: dict[str, Any]) -> Validation:
    from toscaparser.common.exception import ExceptionCollector, ValidationError
    from toscaparser.tosca_template import ToscaTemplate

    for name in ("tosca", "tosca.model"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        ToscaTemplate(yaml_dict_tpl=template)
    except ValidationError:
        found = dict.fromkeys(str(error) for error in ExceptionCollector.getExceptions())
        return Validation(tuple(text for text in found if not _JUDGED.match(text)))
    except Exception as error:
        return Validation(stumbled=f"{type(error).__name__}: {error}")
    finally:
        ExceptionCollector.stop()
        ExceptionCollector.clear()
    return Validation()
