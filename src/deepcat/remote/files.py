"""A folder of this machine as a stream for another one."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path


def tar_of(folder: Path) -> bytes:
    """All plain files below a folder as a tar archive; links are left out."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                member = tarfile.TarInfo(path.relative_to(folder).as_posix())
                member.size, member.mode = path.stat().st_size, path.stat().st_mode & 0o777
                with path.open("rb") as stream:
                    tar.addfile(member, stream)
    return raw.getvalue()
