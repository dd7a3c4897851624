"""deepcat: a marketplace for machine-learning modules that lives wholly in Git.

`deepcat.open` gives a catalog to a program or a notebook; see `deepcat.api`. Its types stand in the
stub beside this file, so that nothing below imports what is above.
"""

from typing import Any

_LAZY = ("Catalog", "DeepcatError", "Deployment", "open")

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The names of `deepcat.api`, which is imported when somebody asks for one."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("deepcat.api"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
