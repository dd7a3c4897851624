"""Addresses that let somebody in: by a password, a token or a signature in them. Pure.

What stands for a secret, such as `$TOKEN`, `{password}` or `YOUR_TOKEN`, is none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

from deepcat.secrets.mask import MASK


@dataclass(frozen=True, slots=True)
class Leak:
    """What of an address nobody else may know.

    Attributes:
        start: where the address stands in the text.
        what: the kind of secret, in words, such as ``a password``.
        spans: where the secrets stand, from and to.
    """

    start: int
    what: str
    spans: tuple[tuple[int, int], ...]


# Browsers read `\` as `/` there. A bracket of Markdown ends what may be a user's name.
_USER = re.compile(r"(?<![\w/\\.])[/\\]{2,4}(?P<user>[^\s\"'<>`/\\?#\[\])|]{1,500})@(?!sha\d{3}:)")
_NAMES = (
    r"(?:access|auth|id|refresh|private|api|job|session|security|x-amz-security|sas)?[_-]?token"
    r"|jwt|api[_-]?key|client[_-]?secret|secret(?:[_-]?key)?|access[_-]?key|pass(?:word|wd|phrase)"
    r"|pwd|x-(?:amz|goog)-signature"
)
# Names of other things, too: the value must look like a secret.
_WEAK = r"sig|signature|auth(?:orization)?|key|code|pass|credentials?"
# Where an address has begun, and what is asked in it.
_PART = re.compile(
    rf"(?P<slashes>(?<![/\\])[/\\]{{2}})"
    rf"|[?&#](?:amp;)?(?P<name>{_NAMES}|{_WEAK})=(?P<value>[^\s\"'<>`&;#)\]|]{{1,4000}})",
    re.IGNORECASE,
)
_STRONG = re.compile(rf"(?:{_NAMES})\Z", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}:\Z")
_BY_SSH = re.compile(r"(?:git\+)?ssh:|sftp:", re.IGNORECASE)
_ENCODED = re.compile(
    r"%(?:40|3[aA]|2[fF])|&(?:#|commat|colon|sol)|\\(?:[:@/.]|x[2-7]|u00[2-7]|U000000[2-7])"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u00([0-9a-fA-F]{2})|U000000([0-9a-fA-F]{2}))")
_BACKSLASH = re.compile(r"\\([!-/:-@\[-`{-~])")
_RUN = re.compile(r"[^\s\"'<>`]+")
_STANDS_FOR = re.compile(
    r"\$\w+|\$?\{.*\}|\$\(.*|<.*>|\[.*\]|\(.*\)|%s|%\(\w+\)s|%\w+%|[*•.…]+|x{3,}|X{3,}"
    r"|(?:your|my)[-_ ].*|(?=[A-Z_-]*(?:PASS|PW|TOKEN|SECRET|KEY|CREDENTIAL))[A-Z_-]+"
    r"|true|false|none|null|yes|no|[01]|REDACTED|HIDDEN|redacted|hidden"
)
_TOKEN = re.compile(
    r"(?:gh[pousr]_|github_pat_|gl[a-z]{2,5}-|hf_|xox[a-z]-|pypi-|npm_|dckr_pat_|ATATT|ATBB|ya29\."
    r"|eyJ|AIza|hvs\.|sk-)[\w.=-]{4,}"
)
_MIXED = re.compile(r"(?=[^a-zA-Z]*[a-zA-Z])(?=\D*\d)[\w.=+/%-]+\Z")
_LONG_USER, _LONG_VALUE = 20, 16
# Their badges' tokens show a figure and nothing else; they are made to stand in a README.
_BADGES = re.compile(
    r"//(?:codecov\.io/[^?#]{1,300}/graphs?/|sonarcloud\.io/api/project_badges/|img\.shields\.io/)"
)
# One of these stands wherever there is anything to find; `_NEAR_TOO` where it is spelt by codes.
_BEFORE_AT = re.compile(rb"[/\\]{2}[^ \"'<>`/\\?#\[\])|]{1,500}\Z")
_FAR, _MANY = 502, 200
_NEAR_TOO = {
    b"%": (b"%40", b"%3a", b"%3A", b"%2f", b"%2F"),
    b"&": (b"&#", b"&commat", b"&colon", b"&sol"),
    b"\\": (b"\\u00", b"\\U0", b"\\x", b"\\:", b"\\@", b"\\\n"),
}
_NEAR_QUERY = re.compile(rb"[?&;#][a-zA-Z0-9_-]{2,24}=")


def may_leak(content: bytes) -> bool:
    """Whether a text is worth looking through for addresses with secrets; quick, by its bytes."""
    if (b"//" in content or b"\\" in content) and (
        _NEAR_QUERY.search(content) is not None or _may_name_a_user(content)
    ):
        return True
    for sign, spelt in _NEAR_TOO.items():  # most texts hold none of the signs
        if sign in content and any(code in content for code in spelt):
            return True
    return False


def _may_name_a_user(content: bytes) -> bool:
    """Whether an `@` ends what may be an address's user; of many, nobody looks at each."""
    at = content.find(b"@")
    for _ in range(_MANY):
        if at < 0 or _BEFORE_AT.search(content, max(0, at - _FAR), at):
            return at >= 0
        at = content.find(b"@", at + 1)
    return True


def leaks(text: str) -> Iterator[Leak]:
    """Every address of a text that holds a secret, also where its signs are spelt by codes."""
    if "@" in text or "=" in text:
        found = list(_plain(text))
        yield from found
    else:
        found = []
    if _ENCODED.search(text):
        known = sorted(leak.start for leak in found)
        for run in _RUN.finditer(text):
            nearest = bisect_left(known, run.start())
            is_known = nearest < len(known) and known[nearest] < run.end()
            if not is_known and _ENCODED.search(run[0]):
                inner = next(_plain(_decoded(run[0])), None)
                if inner:
                    yield Leak(run.start(), inner.what, (run.span(),))


def masked(text: str) -> str:
    """The text with every such secret taken out."""
    if not may_leak(text.encode(errors="surrogatepass")):
        return text
    parts, done = [], 0
    for start, end in sorted(span for leak in leaks(text) for span in leak.spans):
        if start >= done:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def without_user(address: str) -> str:
    """An address as everybody may know it: who asks, and how they prove it, left out."""
    return re.sub(r"(?<=//)[^/?#]*@", "", address, count=1)


def _plain(text: str) -> Iterator[Leak]:
    for found in _USER.finditer(text):
        begin = _begin(text, found.start())
        what, spans = _of_user(found, by_ssh=bool(_BY_SSH.match(text, begin)))
        if what:
            yield Leak(begin, what, spans)
    for run in _RUN.finditer(text) if "=" in text else ():
        if "=" in run[0]:
            yield from _asked(text, *run.span())


def _asked(text: str, start: int, end: int) -> Iterator[Leak]:
    """Secrets that are asked with, in the addresses of a run of characters."""
    begin, what, spans = -1, "", list[tuple[int, int]]()
    for part in _PART.finditer(text, start, end):
        if part["slashes"]:
            if spans:
                yield Leak(_begin(text, begin), what, tuple(spans))
            begin, what, spans = part.start(), "", []
            is_badge = bool(_BADGES.match(text, begin))
        elif begin >= 0 and not is_badge and _is_secret(part):
            signed = "sig" in part["name"].lower()
            what = what or ("a signature" if signed else "a token or a password")
            spans.append(part.span("value"))
    if spans:
        yield Leak(_begin(text, begin), what, tuple(spans))


def _begin(text: str, slashes: int) -> int:
    """Where the address begins whose double slash is known: at its scheme, if it has one."""
    scheme = _SCHEME.search(text[max(0, slashes - 32) : slashes])
    return slashes - len(scheme[0]) if scheme else slashes


def _of_user(found: re.Match[str], *, by_ssh: bool) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What is secret in `user:password`, and where; empty for nothing."""
    start, end = found.span("user")
    raw = found["user"]
    if ":" not in raw and ":" in unquote(raw):
        user, _, password = unquote(raw).partition(":")
        middle = start
    else:
        user, _, password = raw.partition(":")
        middle = min(start + len(user) + 1, end)
    is_token = _is_token(unquote(user), by_ssh=by_ssh)
    if password and not _STANDS_FOR.fullmatch(unquote(password)):
        return "a password", ((start if is_token else middle, end),)
    return ("a token", ((start, end),)) if is_token else ("", ())


def _is_token(user: str, *, by_ssh: bool) -> bool:
    """Whether a user's name is what proves who asks; a key's identifier, as of SSH, is not."""
    is_long = len(user) >= _LONG_USER and "@" not in user and bool(_MIXED.match(user))
    return bool(_TOKEN.match(user)) or (is_long and not by_ssh)


def _is_secret(asked: re.Match[str]) -> bool:
    value = unquote(asked["value"])
    if _STANDS_FOR.fullmatch(value):
        return False
    if _STRONG.match(asked["name"]) or _TOKEN.match(value):
        return True
    return len(value) >= _LONG_VALUE and bool(_MIXED.match(value))


def _decoded(run: str) -> str:
    """A run of characters without the codes of YAML, JSON, Markdown, HTML and addresses."""
    text = _ESCAPE.sub(lambda code: chr(int(code[1] or code[2] or code[3], 16)), run)
    return unquote(unquote(unescape(_BACKSLASH.sub(r"\1", text))))
