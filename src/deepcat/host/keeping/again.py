"""Begins what is kept in a folder again, as the machine has: ``again.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host.keeping.keeper import Keeper

if __name__ == "__main__":
    Keeper(Path(sys.argv[1]).parent).again()
