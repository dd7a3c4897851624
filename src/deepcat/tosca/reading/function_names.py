"""The names of TOSCA's functions that are evaluated."""

from __future__ import annotations

from typing import Final

NAMES: Final = (
    "get_input",
    "get_property",
    "get_attribute",
    "get_operation_output",
    "get_nodes_of_type",
    "get_artifact",
    "concat",
    "join",
    "token",
)
