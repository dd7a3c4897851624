"""EDGE of the room: what was understood of a template, validated by tosca-parser too.

The front end decides; then the normal form is written as a template of its own (`template`) and
tosca-parser validates that. Where it objects, either of the two is wrong, and a finding says so.
Its traps cannot spring: the template it gets names no file and no address, holds no duplicate key
and no cycle, was bounded before, and goes through one lock, for the parser keeps its errors in a
class.

Its import takes a quarter of a second, and each template some milliseconds: so `deepcat check` asks
for it, once for each content, and `plan` does not.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any, Final

from deepcat.tosca.reading.registry import Types
from deepcat.tosca.topology import Topology
from deepcat.tosca.writing.template import as_template

_LOCK: Final = threading.Lock()


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
    with _LOCK:
        return _validated(template)


def _validated(template: dict[str, Any]) -> Validation:
    from toscaparser.common.exception import ExceptionCollector, ValidationError
    from toscaparser.tosca_template import ToscaTemplate

    for name in ("tosca", "tosca.model"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        ToscaTemplate(yaml_dict_tpl=template)
    except ValidationError:
        found = (str(error) for error in ExceptionCollector.getExceptions())
        return Validation(tuple(dict.fromkeys(found)))
    except Exception as error:
        return Validation(stumbled=f"{type(error).__name__}: {error}")
    finally:
        ExceptionCollector.stop()
        ExceptionCollector.clear()
    return Validation()
