"""The Content-Security-Policy of every page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Nothing else is an origin, and a `;` in one would begin a rule of its own.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")


def policy(connect: Iterable[str] = (), script: str = "") -> str:
    """What a page may load: its own origin, and nothing else.

    Args:
        connect: further origins that the page may call, such as a running deployment's;
            what is no origin is left out.
        script: the hash of a script that stands in the page itself.
    """
    known = sorted({each for each in connect if _ORIGIN.fullmatch(each)})
    origins = " ".join(["'self'", *known])
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {script}".rstrip(),
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": origins,
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
