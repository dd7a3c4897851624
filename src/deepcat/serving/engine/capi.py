"""TensorFlow's C interface, declared for ctypes; a stable interface of every TensorFlow 2.

Calling it spares the import of TensorFlow's Python code, which takes seconds, and leaves the
interpreter free while a model computes.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p
from pathlib import Path
from typing import Any

# How the names of the files begin that are loaded; nobody unloads them again.
LIBRARIES = ("libtensorflow_cc.", "libtensorflow_framework.")


class Buffer(ctypes.Structure):
    """TF_Buffer: a block of memory, here always a serialised proto."""

    _fields_ = (("data", c_void_p), ("length", c_size_t), ("deallocator", c_void_p))


class Output(ctypes.Structure):
    """TF_Output: one output of one operation of a graph."""

    _fields_ = (("operation", c_void_p), ("index", c_int))


Deallocator = ctypes.CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)

# function -> (result, arguments)
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "TF_Version": (c_char_p, ()),
    "TF_NewStatus": (c_void_p, ()),
    "TF_DeleteStatus": (None, (c_void_p,)),
    "TF_GetCode": (c_int, (c_void_p,)),
    "TF_Message": (c_char_p, (c_void_p,)),
    "TF_NewBuffer": (POINTER(Buffer), ()),
    "TF_NewBufferFromString": (POINTER(Buffer), (c_char_p, c_size_t)),
    "TF_DeleteBuffer": (None, (POINTER(Buffer),)),
    "TF_NewSessionOptions": (c_void_p, ()),
    "TF_SetConfig": (None, (c_void_p, c_char_p, c_size_t, c_void_p)),
    "TF_DeleteSessionOptions": (None, (c_void_p,)),
    "TF_NewGraph": (c_void_p, ()),
    "TF_DeleteGraph": (None, (c_void_p,)),
    "TF_GraphOperationByName": (c_void_p, (c_void_p, c_char_p)),
    "TF_OperationNumOutputs": (c_int, (c_void_p,)),
    "TF_OperationGetAttrType": (None, (c_void_p, c_char_p, POINTER(c_int), c_void_p)),
    "TF_NewOperation": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "TF_AddInput": (None, (c_void_p, Output)),
    "TF_SetAttrType": (None, (c_void_p, c_char_p, c_int)),
    "TF_FinishOperation": (c_void_p, (c_void_p, c_void_p)),
    "TF_NewImportGraphDefOptions": (c_void_p, ()),
    "TF_DeleteImportGraphDefOptions": (None, (c_void_p,)),
    "TF_GraphImportGraphDef": (None, (c_void_p, POINTER(Buffer), c_void_p, c_void_p)),
    "TF_NewSession": (c_void_p, (c_void_p, c_void_p, c_void_p)),
    "TF_GetAllOpList": (POINTER(Buffer), ()),
    "TF_LoadLibrary": (c_void_p, (c_char_p, c_void_p)),
    "TF_LoadSessionFromSavedModel": (
        c_void_p,
        (
            c_void_p, POINTER(Buffer), c_char_p, POINTER(c_char_p), c_int, c_void_p,
            POINTER(Buffer), c_void_p,
        ),
    ),
    "TF_CloseSession": (None, (c_void_p, c_void_p)),
    "TF_DeleteSession": (None, (c_void_p, c_void_p)),
    "TF_SessionRun": (
        None,
        (
            c_void_p, POINTER(Buffer), POINTER(Output), POINTER(c_void_p), c_int, POINTER(Output),
            POINTER(c_void_p), c_int, c_void_p, c_int, POINTER(Buffer), c_void_p,
        ),
    ),
    "TF_AllocateTensor": (c_void_p, (c_int, c_void_p, c_int, c_size_t)),
    "TF_NewTensor": (c_void_p, (c_int, c_void_p, c_int, c_void_p, c_size_t, c_void_p, c_void_p)),
    "TF_DeleteTensor": (None, (c_void_p,)),
    "TF_TensorType": (c_int, (c_void_p,)),
    "TF_NumDims": (c_int, (c_void_p,)),
    "TF_Dim": (c_int64, (c_void_p, c_int)),
    "TF_TensorByteSize": (c_size_t, (c_void_p,)),
    "TF_TensorData": (c_void_p, (c_void_p,)),
    "TF_StringInit": (None, (c_void_p,)),
    "TF_StringCopy": (None, (c_void_p, c_char_p, c_size_t)),
    "TF_StringDealloc": (None, (c_void_p,)),
    "TF_StringGetDataPointer": (c_void_p, (c_void_p,)),
    "TF_StringGetSize": (c_size_t, (c_void_p,)),
}  # fmt: skip

# They return at once, and keep the interpreter meanwhile: to let it go for each of them would
# cost more than they do, and let every other thread in between.
_AT_ONCE = (
    "TF_NewStatus", "TF_DeleteStatus", "TF_GetCode", "TF_AllocateTensor", "TF_TensorType",
    "TF_NumDims", "TF_Dim", "TF_TensorData", "TF_StringInit", "TF_StringGetDataPointer",
    "TF_StringGetSize",
)  # fmt: skip


def open_library(package: Path) -> Any:
    """Load TensorFlow's shared library and declare the functions above.

    Raises:
        OSError: this build of TensorFlow has no such library.
        AttributeError: it lacks one of the functions.
    """
    libraries = sorted(package.glob("libtensorflow_cc.*"))
    if not libraries:
        raise OSError("libtensorflow_cc is not part of this TensorFlow")
    with _quiet():
        library = ctypes.CDLL(str(libraries[0]), handle=_lazily(libraries[0]))
        keeping = ctypes.PyDLL(str(libraries[0]), handle=library._handle)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(keeping if name in _AT_ONCE else library, name)
        function.restype = result
        function.argtypes = arguments
        setattr(library, name, function)
    return library


def _lazily(path: Path) -> int | None:
    """Open a library and bind its symbols on their first call; None where that cannot be had.

    ctypes itself always binds the half million symbols at once, and stops the other threads
    while it does.
    """
    if os.name != "posix":
        return None
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = c_void_p
    dlopen.argtypes = (c_char_p, c_int)
    handle: int | None = dlopen(os.fsencode(path), os.RTLD_LAZY)
    return handle


@contextmanager
def _quiet() -> Iterator[None]:
    """Hush what the libraries print while they load: no setting of theirs does."""
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
