"""Which of the installed files a serving process needs. Pure.

Of most packages all but their tests and headers, for they are small; of TensorFlow and LiteRT,
which are not, what was seen to be opened and the messages that a request may name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Packages of which only what is opened is taken, besides what stands in `_ALWAYS`.
_LARGE = ("tensorflow", "nvidia", "ai_edge_litert")
_ALWAYS = re.compile(
    r"tensorflow/(core/(example|framework|protobuf|util)|tsl/protobuf)/[^/]+_pb2\.py\Z"
    r"|nvidia/[^/]+/lib/.+\.so[.0-9]*\Z"
    r"|nvidia/cuda_nvcc/(bin/ptxas\Z|nvvm/libdevice/)"
)
_NEVER = re.compile(
    r"(^|/)(tests?|_examples|include|f2py|_pyinstaller|bin|share)/"
    r"|\.(pyi|pxd|pyx|h|hpp|c|a|lib|cmake|pc|md|rst)\Z"
    r"|\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)\Z"
    r"|\.pyc\Z"
)
# LiteRT's package opens it where it lies there; its interpreter, which is all that we have of it,
# is in another library.
_SPARED = frozenset({"ai_edge_litert/libLiteRt.so"})
_LICENCE = re.compile(r"\.dist-info/(METADATA\Z|LICEN[CS]E|licenses/|NOTICE|AUTHORS)", re.I)


def chosen(files: Iterable[str], opened: Iterable[str]) -> tuple[str, ...]:
    """What is taken, by name.

    Args:
        files: all that is installed, relative to where it is imported from.
        opened: of these, what a serving process opened.
    """
    seen = frozenset(opened)
    return tuple(sorted(name for name in files if _is_taken(name, name in seen)))


def _is_taken(name: str, is_opened: bool) -> bool:
    if is_opened:
        return not name.endswith(".pyc") and name not in _SPARED
    if ".dist-info/" in name:
        return _LICENCE.search(name) is not None
    top = name.partition("/")[0]
    if top in _LARGE:
        return _ALWAYS.match(name) is not None
    return _NEVER.search(name) is None
