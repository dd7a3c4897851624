"""Cases that lie in files of YAML, read by libyaml: every run of the tests reads all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Any:
    """What a file holds."""
    return yaml.load(path.read_text("utf-8"), Loader=_LOADER)
