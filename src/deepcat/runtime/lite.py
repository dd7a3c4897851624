"""The runtime without TensorFlow's libraries: LiteRT alone serves, an eighth of the bytes.

TensorFlow's messages stay, for requests by gRPC are made of them.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable

from deepcat.runtime.build import archived, noted
from deepcat.runtime.programs import decompressed
from deepcat.runtime.values import LITE, Archive

_LIBRARY = re.compile(r"site/tensorflow/[^/]+\.so(\.\d+)*\Z")


def without_tensorflow(site: Archive, say: Callable[[str], None] = lambda _: None) -> Archive:
    """The archive of what LiteRT's models are served by, built unless it lies there already."""
    return noted(f"{LITE}-{site.id}", lambda: _made(site, say))


def _made(site: Archive, say: Callable[[str], None]) -> Archive:
    files: dict[str, bytes] = {}
    path = next(iter(site.packed.values())).path
    with decompressed(path) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        for each in tar:
            if each.isfile() and not _LIBRARY.match(each.name):
                content = tar.extractfile(each)
                files[each.name] = content.read() if content else b""
    told = {"version": site.python, "machine": site.machine}
    return archived(LITE, told, site.gpu, files, say)
