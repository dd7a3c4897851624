"""Give a session's variables the values of others, by operations added to its graph."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, Protocol

from deepcat.serving.engine import capi


class Status(Protocol):
    """A TF_Status."""

    pointer: Any

    def check(self) -> None:
        """Raise ServingError when it is not OK."""


def fill(
    library: Any, graph: Any, session: Any, variables: Mapping[str, str], status: Status
) -> None:
    """Copy the value of each variable from the one beside it, all in one run.

    Args:
        library: TensorFlow's.
        graph: the session's.
        session: what runs it.
        variables: node of a variable -> node of the one that has the value.
        status: of the calls.
    """
    copies = []
    for number, names in enumerate(variables.items()):
        lacking, source = (library.TF_GraphOperationByName(graph, name.encode()) for name in names)
        kind = ctypes.c_int()
        library.TF_OperationGetAttrType(source, b"dtype", ctypes.byref(kind), status.pointer)
        status.check()

        def added(operation: str, *inputs: Any, dtype: Any = kind, number: int = number) -> Any:
            name = f"deepcat_fill/{operation}_{number}".encode()
            made = library.TF_NewOperation(graph, operation.encode(), name)
            for each in inputs:
                library.TF_AddInput(made, capi.Output(each, 0))
            library.TF_SetAttrType(made, b"dtype", dtype)
            finished = library.TF_FinishOperation(made, status.pointer)
            status.check()
            return finished

        copies.append(added("AssignVariableOp", lacking, added("ReadVariableOp", source)))
    targets = (ctypes.c_void_p * len(copies))(*copies)
    library.TF_SessionRun(
        session, None, None, None, 0, None, None, 0, targets, len(copies), None, status.pointer
    )
    status.check()
