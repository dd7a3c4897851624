"""Who is let in to an editor that asks nobody, and how what he asks for is passed on. Pure.

Each connection brings one request, whose head is read here: it shows the token once, and by a
cookie from then on. What else would tell the editor who comes, or from where, is left out.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

_COOKIE, _TOKEN = "deepcat-token", "token="
_HOST = re.compile(r"(localhost|[0-9.]{7,15}|\[[0-9a-f:]{2,39}\])(:[0-9]{1,5})?\Z")
_LINE = re.compile(r"([A-Z]{1,20}) (/[!-~]*) HTTP/1\.[01]\Z")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\Z")
_LENGTH = re.compile(r"[0-9]{1,15}\Z")
_NOT_PASSED = frozenset(
    {
        "authorization",
        "connection",
        "cookie",
        "expect",
        "forwarded",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
    }
)
_SAID = {
    302: "Found",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    411: "Length Required",
}

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Passed:
    """A request that is let in.

    Attributes:
        head: as the editor is given it.
        length: of what follows, in bytes.
        upgrades: whether it becomes a WebSocket, after which bytes go both ways.
    """

    head: bytes
    length: int
    upgrades: bool


def admitted(head: bytes, prefix: str, token: str) -> Passed | bytes:
    """A request's head as it is passed on; or what is answered instead.

    Args:
        head: its line and its fields, with the empty line that ends them.
        prefix: that its path begins with, and that the editor does not see.
        token: that lets in; empty lets nobody in.
    """
    line, *rest = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    begun = _LINE.match(line)
    found = [_FIELD.match(each) for each in rest]
    if begun is None or None in found:
        return _answer(400)
    fields = [(each[1].lower(), each[2].strip()) for each in found if each]
    method, target = begun[1], begun[2]
    if not _is_from_here(fields):
        return _answer(403)
    if not target.startswith(prefix):
        return _answer(404)
    path, _, query = target.removeprefix(prefix).partition("?")
    # A token has no letter that is written otherwise in a query.
    asked = query.split("&")
    shown = [each.removeprefix(_TOKEN) for each in asked if each.startswith(_TOKEN)]
    if method == "GET" and shown and _is(shown[-1], token):
        kept = "&".join(each for each in asked if not each.startswith(_TOKEN))
        cookie = f"{_COOKIE}={token}; Path={prefix}; HttpOnly; SameSite=Strict"
        return _answer(
            302,
            ("Location", f"{prefix}{path}{'?' if kept else ''}{kept}"),
            ("Set-Cookie", cookie),
            ("Referrer-Policy", "no-referrer"),
        )
    if not any(_is(each, token) for each in _tokens(fields)):
        return _answer(403)
    return _passed(f"{method} /{target.removeprefix(prefix)} HTTP/1.1", fields)


def _passed(line: str, fields: Fields) -> Passed | bytes:
    lengths = [value for name, value in fields if name == "content-length"]
    if any(name == "transfer-encoding" for name, _ in fields):
        return _answer(411)
    if len(lengths) > 1 or not all(map(_LENGTH.match, lengths)):
        return _answer(400)
    upgrades = line.startswith("GET ") and ("upgrade", "websocket") in [
        (name, value.lower()) for name, value in fields
    ]
    own = [
        (name, value)
        for name, value in fields
        if name not in _NOT_PASSED
        and not name.startswith("x-forwarded-")
        and (upgrades or name != "upgrade")
    ]
    if cookies := "; ".join(each for each in _cookies(fields) if not _value(each)):
        own.append(("cookie", cookies))
    own.append(("connection", "Upgrade" if upgrades else "close"))
    text = "".join(f"{each}\r\n" for each in (line, *(f"{k}: {v}" for k, v in own), ""))
    length = 0 if upgrades else int(lengths[0]) if lengths else 0
    return Passed(text.encode("latin-1"), length, upgrades)


def _is_from_here(fields: Fields) -> bool:
    """Whether it was sent to this very machine, and by a page of the same address."""
    hosts = [value for name, value in fields if name == "host"]
    if len(hosts) != 1 or not _is_loopback(hosts[0]):
        return False
    origins = [value for name, value in fields if name == "origin"]
    return all(each in (f"http://{hosts[0]}", f"https://{hosts[0]}") for each in origins)


def _is_loopback(host: str) -> bool:
    found = _HOST.match(host)
    if found is None:
        return False
    try:
        name = found[1].strip("[]")
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _tokens(fields: Fields) -> list[str]:
    headers = [value for name, value in fields if name == "authorization"]
    said = [value.partition(" ")[2] for value in headers if value.startswith("token ")]
    return [*said, *filter(None, map(_value, _cookies(fields)))]


def _cookies(fields: Fields) -> list[str]:
    named = [value for name, value in fields if name == "cookie"]
    return [each.strip() for value in named for each in value.split(";") if each.strip()]


def _value(cookie: str) -> str:
    """The token of a cookie of ours; empty for any other."""
    name, _, value = cookie.partition("=")
    return (value or "-") if name.strip() == _COOKIE else ""


def _is(shown: str, token: str) -> bool:
    return bool(token) and hmac.compare_digest(shown.encode("utf-8", "replace"), token.encode())


def _answer(status: int, *fields: tuple[str, str]) -> bytes:
    words = "" if status == 302 else f"{_SAID[status]}\n"
    all_ = [
        *fields,
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(words))),
        ("Connection", "close"),
    ]
    lines = [f"HTTP/1.1 {status} {_SAID[status]}", *(f"{name}: {value}" for name, value in all_)]
    return ("\r\n".join(lines) + f"\r\n\r\n{words}").encode("latin-1")
