"""The Content-Security-Policy of every page. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def policy(connect: Iterable[str] = ()) -> str:
    """What a page may load: its own origin, and nothing else.

    Args:
        connect: further origins that the page may call, such as a running deployment's.
    """
    origins = " ".join(["'self'", *sorted(set(connect))])
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": origins,
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
