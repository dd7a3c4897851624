"""EDGE: compiled templates, kept beside what other programs of this user keep.

They are code, so they lie in the user's own cache folder, never in a catalog's: what comes with a
repository, or out of a shared cache, is not run.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

from deepcat_site.digests import digest

# So many versions of the templates are kept.
_KEPT = 4


def cache(base: str, assets: str) -> jinja2.BytecodeCache | None:
    """Where the templates of one depth are kept compiled; None where nothing can be kept.

    Args:
        base: as for `render.environment`; each depth has templates of its own.
        assets: likewise; changes with every change of the templates' words and looks.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    version = digest(f"{jinja2.__version__} {assets.rpartition('/')[2]} {_helpers()}".encode())
    folder = home / "deepcat" / "templates" / version
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700)
            _prune(folder.parent)
        facts = folder.stat()
    except (OSError, RuntimeError):
        return None
    # Somebody else's folder might hold somebody else's code.
    if facts.st_uid != os.getuid() or facts.st_mode & 0o022 or not os.access(folder, os.W_OK):
        return None
    return _Kept(str(folder), f"{digest(base.encode())}-%s")


class _Kept(jinja2.FileSystemBytecodeCache):
    """A folder that another build, of other templates, may take away meanwhile."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _helpers() -> str:
    """Changes with what templates call, for a call with fixed words is compiled to its answer."""
    here = Path(__file__).parent
    files = [here / "formats.py", here / "render.py", here.parent / "digests.py"]
    return " ".join(str(file.stat().st_mtime_ns) for file in files)


def _prune(folder: Path) -> None:
    """Let only the newest versions stay."""
    versions = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in versions[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
