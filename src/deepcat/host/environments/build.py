"""Makes a wheel of a source, in its box: ``python -I -S build.py ENVIRONMENT SOURCE OUT``.

By the setuptools of the environment, which its lock has pinned.
"""

from __future__ import annotations

import importlib
import os
import site
import sys


def main() -> None:
    """Make it."""
    environment, source, out = sys.argv[1:]
    site.addsitedir(environment)
    sys.argv[1:] = []
    os.chdir(source)
    importlib.import_module("setuptools.build_meta").__legacy__.build_wheel(out)


if __name__ == "__main__":
    main()
