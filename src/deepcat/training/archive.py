"""A SavedModel's folder as an archive that is the same for the same model. Pure but for reading."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

# TensorFlow stamps each save with a random number.
RANDOM = {"fingerprint.pb"}


def pack(folder: Path) -> bytes:
    """A folder as tar.gz: names sorted, no times, no owners, without what is random.

    Args:
        folder: what is packed; its own name is not part of the archive.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in RANDOM:
                content = path.read_bytes()
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size, entry.mode = len(content), 0o644
                tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), 9, mtime=0)
