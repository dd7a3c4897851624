"""What hosts are given, built once for all tests and kept between runs of them."""

from __future__ import annotations

import tarfile
from functools import cache
from pathlib import Path

from deepcat.runtime.build import built
from deepcat.runtime.programs import decompressed
from deepcat.runtime.values import Archive, Built


@cache
def runtimes() -> Built:
    """The runtime and the interpreter for this Python; CI says where they are kept."""
    return built(with_python=True)


def unpacked(archive: Archive, folder: Path) -> Path:
    """An archive's tree in a folder."""
    packed = next(iter(archive.packed.values())).path
    with decompressed(packed) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        # An older 3.11 knows no filters.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)
    return folder
