"""The `_headers` file, as static hosts read it: written by the build, kept by `serve`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from deepcat_site.html.policy import policy

_CORS = "  Access-Control-Allow-Origin: *\n"


def text(origins: Sequence[str], script: str = "") -> str:
    """The file.

    Args:
        origins: of running deployments, which pages may call.
        script: the hash of the one script that stands in a page itself; empty for none.
    """
    return (
        "/*\n"
        f"  Content-Security-Policy: {policy(origins, script)}; frame-ancestors 'none'\n"
        "  X-Content-Type-Options: nosniff\n"
        "  Referrer-Policy: no-referrer\n"
        "  Permissions-Policy: camera=(), geolocation=(), microphone=()\n"
        "/embed/*\n"
        "  ! Content-Security-Policy\n"
        f"  Content-Security-Policy: {policy()}; frame-ancestors *\n"
        "/assets/*\n"
        "  Cache-Control: public, max-age=31536000, immutable\n"
        f"/api/*\n{_CORS}"
    )


def of(content: str, path: str) -> dict[str, str]:
    """The headers that a file of that form asks for at a path; later lines win."""
    found: dict[str, str] = {}
    for pattern, line in _lines(content):
        if not fnmatchcase(path, pattern):
            continue
        if line.startswith("! "):
            found.pop(line[2:].strip(), None)
        else:
            name, _, value = line.partition(":")
            found[name.strip()] = value.strip()
    return found


def _lines(content: str) -> Iterator[tuple[str, str]]:
    pattern = ""
    for line in content.splitlines():
        if line[:1].isspace():
            yield pattern, line.strip()
        elif line:
            # Only the star means something there; what else `fnmatch` knows does not occur.
            pattern = line.strip()
